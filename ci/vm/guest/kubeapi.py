"""A small, strict Kubernetes API server that keeps its objects in memory.

It serves what qlease node uses, over HTTP without TLS: get, list, watch (as a stream of lines and by WebSocket),
create, update, patch (JSON, merge, strategic merge as merge, apply) and delete. It refuses what the real one refuses,
checks permissions as RBAC does, records all requests, and fails or hangs on command.
"""
import base64
import contextlib
import copy
import datetime
import hashlib
import http.server
import json
import random
import select
import socket
import string
import struct
import threading
import time
import traceback
import urllib.parse
import uuid

import kubevalidation as rules


class Kind:
    """A kind of objects and where they are served."""

    def __init__(self, group, kind, plural, validate=rules.anything, namespaced=True, validate_status=None, fields=()):
        self.group, self.kind, self.plural, self.validate = group, kind, plural, validate
        self.namespaced, self.validate_status = namespaced, validate_status
        self.api_version = group + '/v1' if group else 'v1'
        self.fields = ('metadata.name', 'metadata.namespace') + tuple(fields)

    def __str__(self):
        return self.plural + ('.' + self.group if self.group else '')


KINDS = [
    Kind('', 'Node', 'nodes', namespaced=False, validate_status=rules.anything),
    Kind('', 'Pod', 'pods', validate_status=rules.anything, fields=('spec.nodeName', 'status.phase')),
    Kind('', 'Event', 'events', rules.core_event,
         fields=('involvedObject.name', 'involvedObject.uid', 'reason', 'type')),
    Kind('events.k8s.io', 'Event', 'events', rules.new_event, fields=('regarding.name', 'reason', 'type')),
    Kind('resource.k8s.io', 'DeviceClass', 'deviceclasses', namespaced=False),
    Kind('resource.k8s.io', 'ResourceSlice', 'resourceslices', rules.resource_slice, namespaced=False,
         fields=('spec.driver', 'spec.nodeName')),
    Kind('resource.k8s.io', 'ResourceClaim', 'resourceclaims', rules.resource_claim,
         validate_status=rules.resource_claim_status),
]
REASONS = {400: 'BadRequest', 401: 'Unauthorized', 403: 'Forbidden', 404: 'NotFound', 405: 'MethodNotAllowed',
           409: 'Conflict', 410: 'Expired', 415: 'UnsupportedMediaType', 422: 'Invalid', 500: 'InternalError',
           503: 'ServiceUnavailable'}
# The lists that apply merges by keys instead of replacing them.
KEYED = {'devices': rules.device_key, 'conditions': lambda item: item.get('type'),
         'ownerReferences': lambda item: item.get('uid'), 'finalizers': lambda item: item}


class Refusal(Exception):
    """A request that is answered by a Status with an error."""

    def __init__(self, code, message, reason=None, details=None):
        super().__init__(message)
        self.code = code
        self.status = status('Failure', code, message, reason or REASONS.get(code, 'Unknown'), details)


def status(outcome, code, message=None, reason=None, details=None):
    """Returns an object of kind Status."""
    found = {'kind': 'Status', 'apiVersion': 'v1', 'metadata': {}, 'status': outcome, 'code': code, 'message': message,
             'reason': reason, 'details': details}
    return {name: value for name, value in found.items() if value is not None}


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')


def kind_of(plural, group=None):
    """Returns a kind by its plural name and, where two groups share it, its group."""
    return next(kind for kind in KINDS if kind.plural == plural and group in (None, kind.group))


def field(value, path):
    for name in path.split('.'):
        value = value.get(name, '') if isinstance(value, dict) else ''
    return str(value)


def terms(query, name):
    """Returns the terms of a selector: a name, an operator (=, != or none) and a value."""
    found = []
    for term in filter(None, query.get(name, '').split(',')):
        left, operator, value = term.replace('==', '=').partition('=')
        found.append((left.rstrip('!'), '!' + operator if left.endswith('!') else operator, value))
    return found


def check_selectors(kind, query):
    for name, operator, _ in terms(query, 'fieldSelector'):
        if name not in kind.fields or not operator:
            raise Refusal(400, 'field label not supported: ' + name)
    for name, _, _ in terms(query, 'labelSelector'):
        if '(' in name or ' ' in name or name.startswith('!'):
            raise Refusal(400, 'this server knows no such label selector: ' + name)


def selects(query, value):
    """Returns whether an object is one that a query's fieldSelector and labelSelector select."""
    labels = value['metadata'].get('labels', {})
    return all((field(value, name) == wanted) == (operator == '=')
               for name, operator, wanted in terms(query, 'fieldSelector')) and all(
                   name in labels if not operator else (labels.get(name) == wanted) == (operator == '=')
                   for name, operator, wanted in terms(query, 'labelSelector'))


def merge_patch(value, patch):
    """RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(value) if isinstance(value, dict) else {}
    for name, content in patch.items():
        if content is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), content)
    return merged


def json_patch(value, operations):
    """RFC 6902."""
    document = {'': copy.deepcopy(value)}

    def place(pointer):
        at, steps = document, [''] + [part.replace('~1', '/').replace('~0', '~') for part in pointer.split('/')[1:]]
        for step in steps[:-1]:
            at = at[int(step)] if isinstance(at, list) else at[step]
        last = steps[-1]
        return at, (len(at) if last == '-' else int(last)) if isinstance(at, list) else last

    def read(pointer):
        at, key = place(pointer)
        return at[key]

    def add(pointer, content):
        at, key = place(pointer)
        if isinstance(at, list):
            at.insert(key, content)
        else:
            at[key] = content

    try:
        for operation in operations:
            kind, path = operation['op'], operation['path']
            if kind == 'test':
                if read(path) != operation['value']:
                    raise Refusal(422, 'the server rejected our request due to an error in our request: test ' + path)
            elif kind == 'add':
                add(path, operation['value'])
            elif kind == 'copy':
                add(path, copy.deepcopy(read(operation['from'])))
            elif kind in ('remove', 'replace', 'move'):
                at, key = place(operation['from'] if kind == 'move' else path)
                content = at.pop(key) if isinstance(at, dict) or kind != 'replace' else at[key]
                if kind == 'move':
                    add(path, content)
                elif kind == 'replace':
                    at[key] = operation['value']
            else:
                raise Refusal(400, 'no operation %s' % kind)
    except (KeyError, IndexError, ValueError, TypeError) as e:
        raise Refusal(422, 'the server rejected our request due to an error in our request: %r' % e) from e
    return document['']


def apply(value, before, new, name=''):
    """Returns what server-side apply makes of a value, when its manager has applied before, and applies new now."""
    if isinstance(new, dict):
        merged = {key: content for key, content in (value or {}).items() if key in new or key not in (before or {})}
        for key, content in new.items():
            merged[key] = apply(merged.get(key), (before or {}).get(key), content, key)
        return merged
    if isinstance(new, list) and name in KEYED:
        key = KEYED[name]
        dropped = {key(item) for item in before or []} - {key(item) for item in new}
        merged = {key(item): item for item in value or [] if key(item) not in dropped}
        earlier = {key(item): item for item in before or []}
        for item in new:
            merged[key(item)] = apply(merged.get(key(item)), earlier.get(key(item)), item)
        return list(merged.values())
    return new


class Store:
    """The objects and the history of their changes. Thread-safe."""

    def __init__(self):
        self.changed = threading.Condition(threading.RLock())
        self.objects, self.applied = {}, {}
        self.history, self.version, self.oldest = [], 100, 100

    def get(self, kind, namespace, name):
        with self.changed:
            found = self.objects.get((kind, namespace, name))
            if found is None:
                raise Refusal(404, '%s "%s" not found' % (kind, name),
                              details={'name': name, 'group': kind.group, 'kind': kind.plural})
            return copy.deepcopy(found)

    def list(self, kind, namespace=None, query=None):
        """Returns the version of the list and its objects."""
        check_selectors(kind, query or {})
        with self.changed:
            found = [copy.deepcopy(value) for (of, place, _), value in self.objects.items()
                     if of is kind and namespace in (None, place)]
            return str(self.version), [value for value in found if selects(query or {}, value)]

    def record(self, change, kind, value):
        self.version += 1
        value['metadata']['resourceVersion'] = str(self.version)
        self.history.append((self.version, change, kind, copy.deepcopy(value)))
        self.changed.notify_all()

    def create(self, kind, namespace, value):
        value = copy.deepcopy(value)
        self.check_type(kind, value)
        meta = value.setdefault('metadata', {})
        if kind.namespaced:
            if meta.setdefault('namespace', namespace) != namespace:
                raise Refusal(400, 'the namespace of the provided object does not match the namespace sent on the '
                                   'request')
        if meta.get('resourceVersion'):
            raise Refusal(400, 'resourceVersion should not be set on objects to be created')
        if not meta.get('name') and meta.get('generateName'):
            meta['name'] = meta['generateName'][:58] + ''.join(random.choices(string.ascii_lowercase, k=5))
        if kind.validate_status:
            value.pop('status', None)
        with self.changed:
            key = kind, namespace, meta.get('name')
            if key in self.objects:
                raise Refusal(409, '%s "%s" already exists' % (kind, meta['name']), 'AlreadyExists',
                              {'name': meta['name'], 'group': kind.group, 'kind': kind.plural})
            self.validate(kind, value, None)
            self.set_defaults(kind, value)
            meta.update(uid=str(uuid.uuid4()), creationTimestamp=now(), generation=1)
            self.objects[key] = value
            self.record('ADDED', kind, value)
            return copy.deepcopy(value)

    @staticmethod
    def check_type(kind, value):
        if not isinstance(value, dict):
            raise Refusal(400, 'the object provided is no object')
        value.setdefault('kind', kind.kind)
        value.setdefault('apiVersion', kind.api_version)
        if (value['kind'], value['apiVersion']) != (kind.kind, kind.api_version):
            raise Refusal(400, '%s in %s cannot be handled as a %s' % (value['kind'], value['apiVersion'], kind.kind))

    @staticmethod
    def set_defaults(kind, value):
        if kind.plural == 'resourceslices':
            rules.default_times(value, now())

    @staticmethod
    def validate(kind, new, old, subresource=''):
        errors = rules.Errors()
        if subresource:
            kind.validate_status(errors, new, old)
        else:
            errors.fields(new, kind.kind, apiVersion=str, kind=str, metadata=dict, **{
                name: object for name in new if name not in ('apiVersion', 'kind', 'metadata')
                and (kind.plural == 'events' or name in ('spec', 'status'))})
            rules.metadata(errors, new.get('metadata'), kind.namespaced)
            kind.validate(errors, new, old)
        if errors:
            raise Refusal(422, '%s.%s "%s" is invalid: %s' % (kind.kind, kind.group, new['metadata'].get('name'),
                                                              '; '.join(errors)))

    def replace(self, kind, namespace, name, value, subresource=''):
        """Stores a new state of an object: all of it but its status, or only its status."""
        self.check_type(kind, value)
        with self.changed:
            old = self.get(kind, namespace, name)
            meta, there = value.get('metadata', {}), old['metadata']
            if meta.get('name') != name or kind.namespaced and meta.get('namespace', namespace) != namespace:
                raise Refusal(400, 'the name of the object (%s) does not match the name on the URL (%s)' % (
                    meta.get('name'), name))
            if meta.get('uid') not in (None, '', there['uid']):
                raise Refusal(409, 'Precondition failed: UID in precondition: %s, UID in object meta: %s' % (
                    meta['uid'], there['uid']))
            if meta.get('resourceVersion') not in (None, '', there['resourceVersion']):
                raise Refusal(409, 'Operation cannot be fulfilled on %s "%s": the object has been modified; please '
                                   'apply your changes to the latest version and try again' % (kind, name))
            new = copy.deepcopy(old if subresource else value)
            if subresource:
                new[subresource] = copy.deepcopy(value.get(subresource, {}))
            else:
                for each in ('uid', 'resourceVersion', 'creationTimestamp', 'generation', 'namespace',
                             'deletionTimestamp'):
                    new['metadata'].pop(each, None)
                    if each in there:
                        new['metadata'][each] = there[each]
                if kind.validate_status:
                    new.pop('status', None)
                    if 'status' in old:
                        new['status'] = old['status']
            self.validate(kind, new, old, subresource)
            self.set_defaults(kind, new)
            if new == old:
                return old
            if new.get('spec') != old.get('spec'):
                new['metadata']['generation'] += 1
            if new['metadata'].get('deletionTimestamp') and not new['metadata'].get('finalizers'):
                return self.drop(kind, namespace, name, new)
            self.objects[kind, namespace, name] = new
            self.record('MODIFIED', kind, new)
            return copy.deepcopy(new)

    def patch(self, kind, namespace, name, patch, style, subresource='', manager=None):
        with self.changed:
            if style == 'apply':
                return self.apply(kind, namespace, name, patch, subresource, manager)
            old = self.get(kind, namespace, name)
            new = json_patch(old, patch) if style == 'json' else merge_patch(old, patch)
            return self.replace(kind, namespace, name, new, subresource)

    def apply(self, kind, namespace, name, patch, subresource, manager):
        if not manager:
            raise Refusal(400, 'fieldManager is required for apply patch')
        if not isinstance(patch, dict) or not patch.get('kind') or not patch.get('apiVersion'):
            raise Refusal(400, 'apply needs apiVersion and kind')
        if patch.get('metadata', {}).get('managedFields'):
            raise Refusal(400, 'metadata.managedFields must be nil')
        key = kind, namespace, name, subresource, manager
        if (kind, namespace, name) not in self.objects and not subresource:
            made = self.create(kind, namespace, patch)
        else:
            old = self.get(kind, namespace, name)
            made = self.replace(kind, namespace, name, apply(old, self.applied.get(key), patch), subresource)
        self.applied[key] = copy.deepcopy(patch)
        return made

    def delete(self, kind, namespace, name, preconditions=None):
        with self.changed:
            old = self.get(kind, namespace, name)
            for each, wanted in (preconditions or {}).items():
                if wanted and old['metadata'].get(each) != wanted:
                    raise Refusal(409, 'Precondition failed: %s: %s' % (each, wanted))
            if not old['metadata'].get('finalizers'):
                return self.drop(kind, namespace, name, old)
            if not old['metadata'].get('deletionTimestamp'):
                old['metadata']['deletionTimestamp'] = now()
                self.objects[kind, namespace, name] = old
                self.record('MODIFIED', kind, old)
            return copy.deepcopy(old)

    def drop(self, kind, namespace, name, value):
        del self.objects[kind, namespace, name]
        for key in [key for key in self.applied if key[:3] == (kind, namespace, name)]:
            del self.applied[key]
        self.record('DELETED', kind, value)
        return copy.deepcopy(value)

    def forget(self):
        """Forgets the history, so that watches from older versions fail, as after etcd's compaction."""
        with self.changed:
            self.history, self.oldest = [], self.version

    def since(self, version, timeout):
        """Returns the changes after a version, waiting for one if there is none."""
        with self.changed:
            if not self.history or self.history[-1][0] <= version:
                self.changed.wait(timeout)
            if version < self.oldest:
                raise Refusal(410, 'too old resource version: %d (%d)' % (version, self.oldest))
            return [change for change in self.history if change[0] > version]


class Request:
    """A request as it arrived, and what became of it."""

    def __init__(self, method, target, user, headers):
        parsed = urllib.parse.urlsplit(target)
        self.method, self.path, self.user, self.headers = method, parsed.path, user, headers
        self.query = {name: values[-1] for name, values in urllib.parse.parse_qs(parsed.query).items()}
        self.kind, self.namespace, self.name, self.subresource, self.code = None, None, '', '', None
        parts = parsed.path.strip('/').split('/')
        version = ['', 'v1'] if parts[:2] == ['api', 'v1'] else parts[1:3] if parts[0] == 'apis' else None
        rest = parts[2 if parts[0] == 'api' else 3:]
        if version and version[1:] == ['v1']:
            if len(rest) > 2 and rest[0] == 'namespaces':
                self.namespace, rest = rest[1], rest[2:]
            if rest and len(rest) <= 3:
                self.name, self.subresource = (rest + ['', ''])[1:3]
                self.kind = next((kind for kind in KINDS if kind.group == version[0] and kind.plural == rest[0]), None)
        self.verb = self.find_verb()

    def find_verb(self):
        if self.method == 'GET':
            watching = self.query.get('watch') in ('1', 'true')
            return 'watch' if watching else 'get' if self.name else 'list'
        if self.method == 'DELETE' and not self.name:
            return 'deletecollection'
        return {'POST': 'create', 'PUT': 'update', 'PATCH': 'patch', 'DELETE': 'delete'}.get(self.method, self.method)

    @property
    def resource(self):
        return self.kind and self.kind.plural + ('/' + self.subresource if self.subresource else '')

    def __str__(self):
        return '%s %s by %s: %s' % (self.method, self.path, self.user, self.code)

    def allowed_by(self, permissions, verb=None, resource=None, name=None):
        """Returns whether rules of an RBAC role allow the request, or another verb and resource of its group."""
        verb, resource, name = verb or self.verb, resource or self.resource, name or self.name

        def has(rule, part, wanted):
            return wanted in rule.get(part, []) or '*' in rule.get(part, [])
        return any(has(rule, 'apiGroups', self.kind.group) and has(rule, 'resources', resource)
                   and has(rule, 'verbs', verb) and (not rule.get('resourceNames') or name in rule['resourceNames'])
                   for rule in permissions)


class ApiServer:
    """The server. Its store is also used directly by tests, which act as all other parts of Kubernetes."""

    def __init__(self, port=0):
        self.store = Store()
        self.requests, self.users, self.permissions = [], {}, {}
        self.fault, self.healed, self.watches = None, threading.Event(), 0
        self.healed.set()
        self.ended = False
        self.http = http.server.ThreadingHTTPServer(('127.0.0.1', port), Handler)
        self.http.daemon_threads, self.http.api = True, self
        self.url = 'http://127.0.0.1:%d' % self.http.server_address[1]
        threading.Thread(target=self.http.serve_forever, args=(0.1,), daemon=True).start()

    def close(self):
        self.ended = True
        self.heal()
        self.http.shutdown()
        self.http.server_close()

    def kubeconfig(self, path, user, permissions=None):
        """Writes a kubeconfig of a user, who may do what rules of RBAC allow; everything without rules."""
        token = str(uuid.uuid4())
        self.users[token] = user
        if permissions is not None:
            self.permissions[user] = permissions
        with open(path, 'w') as file:
            json.dump({
                'apiVersion': 'v1', 'kind': 'Config', 'current-context': 'test',
                'clusters': [{'name': 'test', 'cluster': {'server': self.url}}],
                'users': [{'name': 'test', 'user': {'token': token}}],
                'contexts': [{'name': 'test', 'context': {'cluster': 'test', 'user': 'test', 'namespace': 'default'}}],
            }, file)

    def fail(self, code=503, where=lambda request: True):
        """Answers requests with an error from now on: all, or those that a function selects. Ends watches, too."""
        self.fault = code, where
        self.wake()

    def hang(self, where=lambda request: True):
        """Does not answer requests from now on: all, or those that a function selects."""
        self.healed.clear()
        self.fault = None, where
        self.wake()

    def heal(self):
        self.fault = None
        self.healed.set()
        self.wake()

    def wake(self):
        with self.store.changed:
            self.store.changed.notify_all()

    def refused(self):
        """Returns the recorded requests that were not permitted, or refused as invalid."""
        return [str(request) for request in list(self.requests) if request.code in (400, 401, 403, 405, 415, 422)]

    def check_fault(self, request):
        while self.fault and self.fault[1](request):
            code = self.fault[0]
            if code:
                raise Refusal(code, 'the server is currently unable to handle the request')
            self.healed.wait()
            if self.ended:
                raise ConnectionAbortedError

    def authorize(self, request):
        if request.user is None:
            raise Refusal(401, 'Unauthorized')
        permissions = self.permissions.get(request.user)
        if permissions is not None and not request.allowed_by(permissions):
            self.forbid(request, request.verb, request.resource)

    @staticmethod
    def forbid(request, verb, resource):
        raise Refusal(403, '%s.%s "%s" is forbidden: User "%s" cannot %s resource "%s" in API group "%s"' % (
            request.kind.plural, request.kind.group, request.name, request.user, verb, resource, request.kind.group))

    def authorize_status(self, request, old, new):
        """Checks the permissions that Kubernetes 1.36 requires in addition for parts of a claim's status."""
        permissions = self.permissions.get(request.user)
        if permissions is None or request.resource != 'resourceclaims/status':
            return
        old, new = old.get('status', {}), new.get('status', {})
        if not rules.same(*({name: each.get(name) for name in ('allocation', 'reservedFor')} for each in (old, new))):
            if not request.allowed_by(permissions, resource='resourceclaims/binding'):
                self.forbid(request, request.verb, 'resourceclaims/binding')
        before = {rules.device_key(each): each for each in old.get('devices', [])}
        after = {rules.device_key(each): each for each in new.get('devices', [])}
        for key in before.keys() | after.keys():
            if before.get(key) != after.get(key) and not any(
                    request.allowed_by(permissions, where + request.verb, 'resourceclaims/driver', key[0])
                    for where in ('associated-node:', 'arbitrary-node:')):
                self.forbid(request, 'associated-node:' + request.verb, 'resourceclaims/driver')

    def answer(self, request, body):
        """Returns the code and the object of the answer to a request that is no watch."""
        kind, store, place = request.kind, self.store, (request.kind, request.namespace)
        if request.verb == 'get':
            return 200, store.get(*place, request.name)
        if request.verb == 'list':
            version, items = store.list(*place, request.query)
            return 200, {'kind': kind.kind + 'List', 'apiVersion': kind.api_version, 'items': items,
                         'metadata': {'resourceVersion': version}}
        if request.verb == 'create' and not request.name:
            self.expect(request, 'application/json')
            return 201, store.create(*place, self.parse(body))
        if request.verb == 'deletecollection':
            for item in store.list(*place, request.query)[1]:
                store.delete(kind, item['metadata'].get('namespace'), item['metadata']['name'])
            return 200, status('Success', 200)
        if request.verb == 'delete' and not request.subresource:
            options = self.parse(body) if body else {}
            gone = store.delete(*place, request.name, options.get('preconditions'))
            return 200, gone if gone['metadata'].get('finalizers') else status('Success', 200, details={
                'name': request.name, 'group': kind.group, 'kind': kind.plural, 'uid': gone['metadata']['uid']})
        if request.verb in ('update', 'patch'):
            return self.change(request, self.parse(body))
        raise Refusal(405, 'the server does not allow this method on the requested resource')

    def change(self, request, value):
        place = request.kind, request.namespace, request.name
        with self.store.changed:
            # Changed, checked and, if it was not permitted, undone before others can see it.
            state = dict(self.store.objects), list(self.store.history), self.store.version, dict(self.store.applied)
            old = copy.deepcopy(self.store.objects.get(place))
            try:
                if request.verb == 'update':
                    self.expect(request, 'application/json')
                    new = self.store.replace(*place, value, request.subresource)
                else:
                    style = self.expect(request, *PATCHES)
                    new = self.store.patch(*place, value, PATCHES[style], request.subresource,
                                           request.query.get('fieldManager'))
                self.authorize_status(request, old or {}, new)
            except Refusal:
                self.store.objects, self.store.history, self.store.version, self.store.applied = state
                raise
            return 200 if old else 201, new

    @staticmethod
    def expect(request, *types):
        found = request.headers.get('Content-Type', '').split(';')[0].strip()
        if found not in types:
            raise Refusal(415, 'the body of the request was in an unknown format: %s, not %s' % (found, types))
        return found

    @staticmethod
    def parse(body):
        try:
            return json.loads(body)
        except ValueError as e:
            raise Refusal(400, 'the body is no JSON: %s' % e) from e

    def check(self, request):
        self.check_fault(request)
        if request.kind is None or request.kind.namespaced and request.namespace is None and request.verb not in (
                'list', 'watch') or not request.kind.namespaced and request.namespace:
            raise Refusal(404, 'the server could not find the requested resource')
        if request.subresource and not (request.subresource == 'status' and request.kind.validate_status):
            raise Refusal(404, 'the server could not find the requested resource')
        self.authorize(request)

    def watch(self, request, send, alive):
        """Sends the events of a watch by a function, while another returns true."""
        kind, query = request.kind, dict(request.query)
        if request.name:
            query['fieldSelector'] = 'metadata.name=' + request.name
        version = query.get('resourceVersion', '')
        bookmarks = query.get('allowWatchBookmarks') == 'true'
        end = time.monotonic() + int(query.get('timeoutSeconds', 3600))
        last, items = self.store.list(kind, request.namespace, query)
        if version in ('', '0') or query.get('sendInitialEvents') == 'true':
            for item in items:
                send('ADDED', item)
            if query.get('sendInitialEvents') == 'true' and bookmarks:
                send('BOOKMARK', self.bookmark(kind, last, {'k8s.io/initial-events-end': 'true'}))
            version = last
        version, quiet = int(version), time.monotonic()
        while alive() and not self.ended and time.monotonic() < end:
            if self.fault and self.fault[1](request):
                return
            for number, change, of, value in self.store.since(version, 0.5):
                version = number
                if of is kind and request.namespace in (None, value['metadata'].get('namespace')) and selects(
                        query, value):
                    send(change, value)
                    quiet = time.monotonic()
            if bookmarks and time.monotonic() > quiet + 10:
                quiet = time.monotonic()
                send('BOOKMARK', self.bookmark(kind, str(version), {}))

    @staticmethod
    def bookmark(kind, version, annotations):
        return {'kind': kind.kind, 'apiVersion': kind.api_version,
                'metadata': {'resourceVersion': version, 'annotations': annotations}}


PATCHES = {'application/json-patch+json': 'json', 'application/merge-patch+json': 'merge',
           'application/strategic-merge-patch+json': 'merge', 'application/apply-patch+yaml': 'apply'}


class Handler(http.server.BaseHTTPRequestHandler):
    """A connection of a client."""
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True

    def log_message(self, *args):  # pylint: disable=arguments-differ
        pass

    def serve(self):
        api = self.server.api
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        token = self.headers.get('Authorization', '').removeprefix('Bearer ')
        user = api.users.get(token) if api.users else 'system:anonymous'
        request = Request(self.command, self.path, user, self.headers)
        api.requests.append(request)
        try:
            if request.path == '/version':
                request.code, value = 200, {'major': '1', 'minor': '36', 'gitVersion': 'v1.36.2'}
            else:
                api.check(request)
                if request.verb == 'watch':
                    request.code = 200
                    self.serve_watch(api, request)
                    return
                request.code, value = api.answer(request, body)
        except Refusal as e:
            request.code, value = e.code, e.status
        except ConnectionError:
            self.close_connection = True
            return
        except Exception as e:  # pylint: disable=broad-except
            traceback.print_exc()
            request.code, value = 500, Refusal(500, repr(e)).status
        self.reply(request.code, json.dumps(value).encode())

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = serve

    def reply(self, code, data):
        with contextlib.suppress(ConnectionError):
            self.send_response(code)
            self.send_header('Content-Type', 'application/json')
            self.send_header('Content-Length', str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    def serve_watch(self, api, request):
        self.close_connection = True
        upgraded = self.headers.get('Upgrade', '').lower() == 'websocket'
        stream = WebSocket(self) if upgraded else Chunks(self)

        def send(change, value):
            stream.send(json.dumps({'type': change, 'object': value}).encode() + b'\n')
        api.watches += 1
        try:
            stream.open()
            try:
                api.watch(request, send, stream.alive)
            except Refusal as e:
                send('ERROR', e.status)
            stream.close()
        except OSError:
            pass
        finally:
            api.watches -= 1


class Chunks:
    """A watch as a response that does not end."""

    def __init__(self, handler):
        self.handler = handler

    def open(self):
        self.handler.send_response(200)
        self.handler.send_header('Content-Type', 'application/json')
        self.handler.send_header('Transfer-Encoding', 'chunked')
        self.handler.end_headers()

    def send(self, data):
        self.handler.wfile.write(b'%x\r\n%s\r\n' % (len(data), data))

    def alive(self):
        connection = self.handler.connection
        readable = select.select([connection], [], [], 0)[0]
        return not readable or connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b''

    def close(self):
        self.handler.wfile.write(b'0\r\n\r\n')


class WebSocket:
    """A watch as messages of a WebSocket (RFC 6455)."""
    TEXT, CLOSE, PING, PONG = 1, 8, 9, 10

    def __init__(self, handler):
        self.handler, self.ended, self.lock = handler, False, threading.Lock()

    def open(self):
        key = self.handler.headers['Sec-WebSocket-Key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
        self.handler.send_response(101)
        self.handler.send_header('Upgrade', 'websocket')
        self.handler.send_header('Connection', 'Upgrade')
        self.handler.send_header('Sec-WebSocket-Accept', base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        self.handler.end_headers()
        threading.Thread(target=self.receive, daemon=True).start()

    def send(self, data, kind=TEXT):
        length = bytes([len(data)]) if len(data) < 126 else struct.pack('>BH', 126, len(data)) if len(
            data) < 65536 else struct.pack('>BQ', 127, len(data))
        with self.lock:
            self.handler.wfile.write(bytes([0x80 | kind]) + length + data)

    def receive(self):
        read = self.handler.rfile.read
        try:
            while not self.ended:
                first, length = read(2)
                length &= 127
                if length > 125:
                    length = struct.unpack('>H', read(2))[0] if length == 126 else struct.unpack('>Q', read(8))[0]
                mask, data = read(4), read(length)
                data = bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
                if first & 15 == self.PING:
                    self.send(data, self.PONG)
                elif first & 15 == self.CLOSE:
                    self.ended = True
        except (OSError, ValueError):
            self.ended = True

    def alive(self):
        return not self.ended

    def close(self):
        self.send(struct.pack('>H', 1000), self.CLOSE)
