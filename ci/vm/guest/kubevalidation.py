"""What a Kubernetes API server (1.36) refuses in objects of the kinds that qlease node writes.

As strict as the real one, and stricter about unknown fields, which it drops. Each function returns a list of errors.
"""
import fractions
import ipaddress
import json
import re

LABEL = r'[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?'
SUBDOMAIN = re.compile(r'%s(\.%s)*' % (LABEL, LABEL))
IDENTIFIER = re.compile(r'[A-Za-z_][A-Za-z0-9_]{0,31}')
VERSION = re.compile(r'(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}(-{0}(\.{0})*)?(\+{0}(\.{0})*)?'.replace('{0}', '[0-9A-Za-z-]+'))
QUANTITY = re.compile(r'([+-]?(?:\d+\.?\d*|\.\d+))(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\d+)?')
LABEL_NAME = re.compile(r'([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)')
REASON = re.compile(r'[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')
TIME = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)')
# Kubernetes reads times of events with a layout of exactly six digits.
MICRO_TIME = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)')
UUID = re.compile(r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')
STRING, NUMBER, BOOL, LIST, MAP = str, int, bool, list, dict
DATA_LENGTH = 10 * 1024


def quantity(value):
    """Returns a quantity as a number; None if it is none."""
    match = QUANTITY.fullmatch(str(value))
    if not match:
        return None
    suffix = match[2] or ''
    if suffix[:1] in ('e', 'E') and len(suffix) > 1:
        return fractions.Fraction(match[1]) * fractions.Fraction(10) ** int(suffix[1:])
    factor = {'m': fractions.Fraction(1, 1000), '': 1}.get(suffix)
    if factor is None:
        base, letters = (1024, 'KMGTPE') if suffix.endswith('i') else (1000, 'kMGTPE')
        factor = base ** (letters.index(suffix[0]) + 1)
    return fractions.Fraction(match[1]) * factor


def same(one, other):
    """Returns whether two values are equal, where a field without content is like no field."""
    def sparse(value):
        if isinstance(value, dict):
            return {name: content for name, content in ((name, sparse(each)) for name, each in value.items())
                    if content not in (None, '', [], {})}
        return [sparse(each) for each in value] if isinstance(value, list) else value
    return sparse(one) == sparse(other)


class Errors(list):
    """The errors found so far."""

    def check(self, holds, path, message):
        if not holds:
            self.append('%s: %s' % (path, message))
        return holds

    def fields(self, value, path, required=None, /, **optional):
        """Checks an object's fields and their types; returns whether its required fields can be looked at."""
        if not self.check(isinstance(value, dict), path, 'must be an object, not %r' % (value,)):
            return False
        known = dict(required or {}, **optional)
        sound = True
        for name, content in value.items():
            where = '%s.%s' % (path, name)
            if self.check(name in known, where, 'unknown field'):
                kind = known[name]
                right = isinstance(content, kind) and not (kind is int and isinstance(content, bool))
                sound &= self.check(right, where, 'must be of %s, not %r' % (kind, content))
        for name in required or {}:
            sound &= self.check(value.get(name) not in (None, ''), '%s.%s' % (path, name), 'required value')
        return sound

    def name(self, value, path, pattern=SUBDOMAIN, longest=253):
        self.check(len(value) <= longest, path, 'may not be more than %d bytes' % longest)
        self.check(pattern.fullmatch(value), path, 'invalid value %r' % value)

    def label(self, value, path):
        self.name(value, path, re.compile(LABEL), 63)

    def driver(self, value, path):
        self.name(value, path, longest=63)

    def pool(self, value, path):
        self.check(len(value) <= 253, path, 'may not be more than 253 bytes')
        for part in value.split('/'):
            self.name(part, path)

    def qualified(self, value, path):
        domain, slash, name = value.rpartition('/')
        if slash:
            self.driver(domain, path)
        self.check(IDENTIFIER.fullmatch(name), path, 'must be a C identifier of at most 32 bytes, not %r' % name)

    def texts(self, value, path, longest):
        self.check(len(value.encode()) <= longest, path, 'may not be more than %d bytes' % longest)

    def quantity(self, value, path):
        number = quantity(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else None
        self.check(number is not None, path, 'must be a quantity, not %r' % (value,))
        return number

    def unique(self, keys, path):
        self.check(len(set(keys)) == len(keys), path, 'duplicate value')


def metadata(errors, value, namespaced):
    known = dict(
        name=STRING, generateName=STRING, namespace=STRING, uid=STRING, resourceVersion=STRING, generation=NUMBER,
        creationTimestamp=STRING, deletionTimestamp=STRING, deletionGracePeriodSeconds=NUMBER, labels=MAP,
        annotations=MAP, ownerReferences=LIST, finalizers=LIST, managedFields=LIST, selfLink=STRING)
    if not errors.fields(value, 'metadata', {'name': STRING}, **known):
        return
    errors.name(value['name'], 'metadata.name')
    if not namespaced:
        errors.check(not value.get('namespace'), 'metadata.namespace', 'not allowed on this type')
    for key, content in value.get('labels', {}).items():
        prefix, slash, name = key.rpartition('/')
        errors.check(LABEL_NAME.fullmatch(name) and (not slash or SUBDOMAIN.fullmatch(prefix)), 'metadata.labels',
                     'invalid key %r' % key)
        errors.check(content == '' or LABEL_NAME.fullmatch(str(content)), 'metadata.labels',
                     'invalid value %r' % content)
    for at, owner in enumerate(value.get('ownerReferences', [])):
        errors.fields(owner, 'metadata.ownerReferences[%d]' % at,
                      dict(apiVersion=STRING, kind=STRING, name=STRING, uid=STRING), controller=BOOL,
                      blockOwnerDeletion=BOOL)


def resource_slice(errors, new, old):
    spec = new.get('spec')
    if not errors.fields(spec, 'spec', dict(driver=STRING, pool=MAP), nodeName=STRING, nodeSelector=MAP, allNodes=BOOL,
                         perDeviceNodeSelection=BOOL, devices=LIST, sharedCounters=LIST):
        return
    errors.driver(spec['driver'], 'spec.driver')
    places = [name for name in ('nodeName', 'nodeSelector', 'allNodes', 'perDeviceNodeSelection') if name in spec]
    errors.check(len(places) == 1, 'spec', 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, '
                 '`perDeviceNodeSelection` is required, not %s' % places)
    if 'nodeName' in spec:
        errors.name(spec['nodeName'], 'spec.nodeName')
    if errors.fields(spec['pool'], 'spec.pool', dict(name=STRING, generation=NUMBER, resourceSliceCount=NUMBER)):
        errors.pool(spec['pool']['name'], 'spec.pool.name')
        errors.check(spec['pool']['generation'] >= 0, 'spec.pool.generation', 'must be greater than or equal to zero')
        errors.check(spec['pool']['resourceSliceCount'] > 0, 'spec.pool.resourceSliceCount',
                     'must be greater than zero')
    if old:
        before = old['spec']
        for name in ('driver', 'nodeName'):
            errors.check(spec.get(name) == before.get(name), 'spec.' + name, 'field is immutable')
        errors.check(spec['pool'].get('name') == before['pool']['name'], 'spec.pool.name', 'field is immutable')
    devices = spec.get('devices', [])
    most = 64 if any(each.get('taints') or each.get('consumesCounters') for each in devices) else 128
    errors.check(len(devices) <= most, 'spec.devices', 'must have at most %d items' % most)
    for at, value in enumerate(devices):
        device(errors, value, 'spec.devices[%d]' % at)
    errors.unique([each.get('name') for each in devices if isinstance(each, dict)], 'spec.devices')


def device(errors, value, path):
    if not errors.fields(value, path, dict(name=STRING), attributes=MAP, capacity=MAP, allowMultipleAllocations=BOOL,
                         taints=LIST, consumesCounters=LIST, bindsToNode=BOOL, bindingConditions=LIST,
                         bindingFailureConditions=LIST):
        return
    errors.label(value['name'], path + '.name')
    errors.check(len(value.get('taints', [])) <= 16, path + '.taints', 'must have at most 16 items')
    for at, content in enumerate(value.get('taints', [])):
        taint(errors, content, '%s.taints[%d]' % (path, at))
    attributes, capacities = value.get('attributes', {}), value.get('capacity', {})
    errors.check(len(attributes) + len(capacities) <= 32, path,
                 'the total number of attributes and capacities must not exceed 32')
    for name, content in attributes.items():
        where = '%s.attributes[%s]' % (path, name)
        errors.qualified(name, where)
        if errors.fields(content, where, string=STRING, int=NUMBER, bool=BOOL, version=STRING):
            errors.check(len(content) == 1, where, 'exactly one value must be specified')
            errors.texts(content.get('string', ''), where + '.string', 64)
            version = content.get('version')
            errors.check(version is None or VERSION.fullmatch(version) and len(version) <= 64, where + '.version',
                         'must be a string compatible with semver.org spec 2.0.0, not %r' % version)
    for name, content in capacities.items():
        where = '%s.capacity[%s]' % (path, name)
        errors.qualified(name, where)
        if errors.fields(content, where, value=(str, int), requestPolicy=MAP):
            capacity = errors.quantity(content.get('value'), where + '.value')
            policy = content.get('requestPolicy')
            if policy is not None:
                errors.check(value.get('allowMultipleAllocations'), where + '.requestPolicy',
                             'allowMultipleAllocations must be true')
                if capacity is not None:
                    request_policy(errors, policy, capacity, where + '.requestPolicy')


def taint(errors, value, path):
    if errors.fields(value, path, dict(key=STRING, effect=STRING), value=STRING, timeAdded=STRING):
        prefix, slash, name = value['key'].rpartition('/')
        errors.check(LABEL_NAME.fullmatch(name) and (not slash or SUBDOMAIN.fullmatch(prefix)), path + '.key',
                     'invalid value %r' % value['key'])
        errors.check(value['effect'] in ('NoSchedule', 'NoExecute', 'None'), path + '.effect', 'unsupported value')


def request_policy(errors, policy, capacity, path):
    amount = (str, int)
    if not errors.fields(policy, path, default=amount, validRange=MAP, validValues=LIST):
        return
    default = errors.quantity(policy['default'], path + '.default') if 'default' in policy else None
    valid = policy.get('validValues')
    spread = policy.get('validRange')
    errors.check(valid is None or spread is None, path, 'exactly one policy can be specified')
    if valid or spread is not None:
        if not errors.check(default is not None, path + '.default', 'required value'):
            return
    if valid:
        numbers = [errors.quantity(each, path + '.validValues') for each in valid]
        if None not in numbers:
            errors.check(numbers == sorted(set(numbers)), path + '.validValues', 'must be sorted and unique')
            errors.check(len(numbers) <= 10 and numbers[-1] <= capacity, path + '.validValues', 'too many or too large')
            errors.check(default in numbers, path + '.validValues', 'the default is not among them')
    if spread is not None and errors.fields(spread, path + '.validRange', dict(min=amount), max=amount, step=amount):
        low, high, step = (errors.quantity(spread[name], '%s.validRange.%s' % (path, name)) if name in spread else None
                           for name in ('min', 'max', 'step'))
        where = path + '.validRange'
        errors.check(low is None or low <= min(default, capacity), where + '.min', 'larger than default or capacity')
        errors.check(high is None or default <= high <= capacity, where + '.max', 'not from default to capacity')
        if None not in (step, low) and errors.check(step > 0, where + '.step', 'must be greater than zero'):
            errors.check(low + step <= capacity, where + '.step',
                         'one step %s is larger than capacity value: %s' % (low + step, capacity))
            for each in (default, high):
                errors.check(each is None or (each - low) % step == 0, where + '.step',
                             'value is not a multiple of a given step')


def resource_claim(errors, new, old):
    spec = new.get('spec')
    if old:
        errors.check(same(spec, old.get('spec')), 'spec', 'field is immutable')
        return
    if not errors.fields(spec, 'spec', devices=MAP):
        return
    devices = spec.get('devices', {})
    if not errors.fields(devices, 'spec.devices', requests=LIST, constraints=LIST, config=LIST):
        return
    requests = devices.get('requests', [])
    for at, request in enumerate(requests):
        path = 'spec.devices.requests[%d]' % at
        if errors.fields(request, path, dict(name=STRING, exactly=MAP)):
            errors.label(request['name'], path + '.name')
            if errors.fields(request['exactly'], path + '.exactly', dict(deviceClassName=STRING), selectors=LIST,
                             allocationMode=STRING, count=NUMBER, adminAccess=BOOL, tolerations=LIST, capacity=MAP):
                for name, amount in request['exactly'].get('capacity', {}).get('requests', {}).items():
                    errors.qualified(name, path + '.exactly.capacity.requests')
                    errors.quantity(amount, path + '.exactly.capacity.requests')
    names = [request.get('name') for request in requests]
    errors.unique(names, 'spec.devices.requests')
    for at, config in enumerate(devices.get('config', [])):
        configuration(errors, config, 'spec.devices.config[%d]' % at, names)


def configuration(errors, config, path, names, **more):
    if errors.fields(config, path, dict(opaque=MAP), requests=LIST, **more):
        for name in config.get('requests', []):
            errors.check(name in names, path + '.requests', 'must be the name of a request, not %r' % name)
        if errors.fields(config['opaque'], path + '.opaque', dict(driver=STRING, parameters=MAP)):
            errors.driver(config['opaque']['driver'], path + '.opaque.driver')
            errors.check(len(json.dumps(config['opaque']['parameters'])) <= DATA_LENGTH, path + '.opaque.parameters',
                         'too long')


def resource_claim_status(errors, new, old):
    """Checks the status of a claim. It is what the driver writes, and the allocation is not its own."""
    status, before = new.get('status', {}), (old or {}).get('status', {})
    if not errors.fields(status, 'status', allocation=MAP, reservedFor=LIST, devices=LIST):
        return
    allocation = status.get('allocation')
    if allocation is not None and before.get('allocation') is not None:
        errors.check(same(allocation, before['allocation']), 'status.allocation', 'field is immutable')
    errors.check(not status.get('reservedFor') or allocation, 'status.reservedFor',
                 'may not be specified when `allocated` is not set')
    for at, consumer in enumerate(status.get('reservedFor', [])):
        errors.fields(consumer, 'status.reservedFor[%d]' % at, dict(resource=STRING, name=STRING, uid=STRING),
                      apiGroup=STRING)
    results = (allocation or {}).get('devices', {}).get('results', [])
    if allocation and not before.get('allocation'):
        allocation_result(errors, allocation, [each['name'] for each in new['spec']['devices'].get('requests', [])])
    allocated = {device_key(result) for result in results}
    devices = status.get('devices', [])
    for at, value in enumerate(devices):
        device_status(errors, value, 'status.devices[%d]' % at, allocated)
    errors.unique([device_key(each) for each in devices if isinstance(each, dict)], 'status.devices')


def device_key(value):
    """Returns what identifies an allocated device."""
    return tuple(value.get(name) for name in ('driver', 'pool', 'device', 'shareID'))


def allocation_result(errors, allocation, names):
    path = 'status.allocation.devices'
    if not errors.fields(allocation, 'status.allocation', devices=MAP, nodeSelector=MAP, allocationTimestamp=STRING):
        return
    errors.fields(allocation.get('devices'), path, results=LIST, config=LIST)
    for result in allocation['devices'].get('results', []):
        if errors.fields(result, path + '.results', dict(request=STRING, driver=STRING, pool=STRING, device=STRING),
                         adminAccess=BOOL, tolerations=LIST, shareID=STRING, consumedCapacity=MAP):
            errors.check(result['request'] in names, path + '.results.request', 'must be the name of a request')
            errors.check('shareID' not in result or UUID.fullmatch(result['shareID']), path + '.results.shareID',
                         'must be a UUID')
    for config in allocation['devices'].get('config', []):
        configuration(errors, config, path + '.config', names, source=STRING)
        errors.check(config.get('source') in ('FromClass', 'FromClaim'), path + '.config.source', 'not supported')


def device_status(errors, value, path, allocated):
    if not errors.fields(value, path, dict(driver=STRING, pool=STRING, device=STRING), shareID=STRING, conditions=LIST,
                         data=MAP, networkData=MAP):
        return
    errors.check(device_key(value) in allocated, path, 'must be an allocated device in the claim: %s is none of %s' % (
        device_key(value), allocated))
    conditions = value.get('conditions', [])
    errors.check(len(conditions) <= 8, path + '.conditions', 'must have at most 8 items')
    errors.unique([condition.get('type') for condition in conditions], path + '.conditions')
    for at, condition in enumerate(conditions):
        where = '%s.conditions[%d]' % (path, at)
        if errors.fields(condition, where, dict(type=STRING, status=STRING, lastTransitionTime=STRING, reason=STRING),
                         message=STRING, observedGeneration=NUMBER):
            errors.check(condition['status'] in ('True', 'False', 'Unknown'), where + '.status', 'unsupported value')
            errors.check(REASON.fullmatch(condition['reason']), where + '.reason', 'invalid value')
            errors.check(TIME.fullmatch(condition['lastTransitionTime']), where + '.lastTransitionTime', 'no time')
            errors.check('message' in condition, where + '.message', 'required value')
            errors.texts(condition.get('message', ''), where + '.message', 32768)
    errors.check(len(json.dumps(value.get('data', {}))) <= DATA_LENGTH, path + '.data', 'too long')
    network = value.get('networkData')
    if network is not None and errors.fields(network, path + '.networkData', interfaceName=STRING, ips=LIST,
                                             hardwareAddress=STRING):
        errors.texts(network.get('interfaceName', ''), path + '.networkData.interfaceName', 256)
        errors.texts(network.get('hardwareAddress', ''), path + '.networkData.hardwareAddress', 128)
        addresses = network.get('ips', [])
        errors.check(len(addresses) <= 16, path + '.networkData.ips', 'must have at most 16 items')
        errors.unique(addresses, path + '.networkData.ips')
        for address in addresses:
            try:
                canonical = '/' in address and str(ipaddress.ip_interface(address)) == address
            except ValueError:
                canonical = False
            errors.check(canonical, path + '.networkData.ips',
                         'must be a canonical address in CIDR form, not %r' % address)


def new_event(errors, new, _old):
    """An event of events.k8s.io/v1."""
    if not errors.fields(new, 'event', dict(eventTime=STRING, reportingController=STRING, reportingInstance=STRING,
                                            action=STRING, reason=STRING, type=STRING),
                         apiVersion=STRING, kind=STRING, metadata=MAP, note=STRING, regarding=MAP, related=MAP,
                         series=MAP, deprecatedSource=MAP, deprecatedFirstTimestamp=STRING,
                         deprecatedLastTimestamp=STRING, deprecatedCount=NUMBER):
        return
    errors.check(MICRO_TIME.fullmatch(new['eventTime']), 'eventTime', 'no time with six digits of a second')
    errors.texts(new['reportingInstance'], 'reportingInstance', 128)
    errors.texts(new['action'], 'action', 128)
    errors.texts(new['reason'], 'reason', 128)
    errors.texts(new.get('note', ''), 'note', 1024)
    errors.check(new['type'] in ('Normal', 'Warning'), 'type', 'has invalid value')
    about(errors, new, new.get('regarding', {}), 'regarding')


def core_event(errors, new, _old):
    """An event of v1."""
    if not errors.fields(new, 'event', dict(involvedObject=MAP), apiVersion=STRING, kind=STRING, metadata=MAP,
                         reason=STRING, message=STRING, source=MAP, firstTimestamp=STRING, lastTimestamp=STRING,
                         count=NUMBER, type=STRING, eventTime=STRING, series=MAP, action=STRING, related=MAP,
                         reportingComponent=STRING, reportingInstance=STRING):
        return
    if new.get('eventTime'):
        for name in ('reportingComponent', 'reportingInstance', 'action', 'reason'):
            errors.check(new.get(name), name, 'required value')
        errors.check(new.get('type') in ('Normal', 'Warning'), 'type', 'has invalid value')
    errors.texts(new.get('message', ''), 'message', 1024)
    about(errors, new, new['involvedObject'], 'involvedObject')


def about(errors, new, value, path):
    """Checks the object that an event is about: its namespace is the event's, or default if it has none."""
    if errors.fields(value, path, kind=STRING, namespace=STRING, name=STRING, uid=STRING, apiVersion=STRING,
                     resourceVersion=STRING, fieldPath=STRING):
        namespace = new['metadata'].get('namespace')
        errors.check(namespace == (value.get('namespace') or 'default') or
                     not value.get('namespace') and namespace == 'kube-system', path + '.namespace',
                     'does not match event.namespace')


def default_times(value, time):
    """Sets the times that the server sets: of the taints of a ResourceSlice's devices."""
    for each in value.get('spec', {}).get('devices', []):
        for content in each.get('taints', []):
            content.setdefault('timeAdded', time)


def anything(_errors, _new, _old):
    """A kind that the tests themselves write."""
