"""Allocates devices to claims as the scheduler and the controller of claims do, with consumable capacity."""
import uuid

import kubeapi
from kubevalidation import quantity

CLAIMS, SLICES, CLASSES = (kubeapi.kind_of(plural) for plural in ('resourceclaims', 'resourceslices', 'deviceclasses'))
FINALIZER = 'resource.kubernetes.io/delete-protection'


class Unschedulable(Exception):
    """No device of the node satisfies a claim."""


class Scheduler:
    """Allocates the devices of a driver on a node."""

    def __init__(self, api, driver, node):
        self.store, self.driver, self.node = api.store, driver, node

    def devices(self):
        """Returns the names of pools and the devices of the driver, of the newest generation of complete pools."""
        pools = {}
        for each in self.store.list(SLICES)[1]:
            if each['spec']['driver'] == self.driver and each['spec'].get('nodeName') == self.node:
                pools.setdefault(each['spec']['pool']['name'], []).append(each['spec'])
        found = []
        for pool, slices in pools.items():
            newest = max(each['pool']['generation'] for each in slices)
            slices = [each for each in slices if each['pool']['generation'] == newest]
            if len(slices) == slices[0]['pool']['resourceSliceCount']:
                found += [(pool, device) for each in slices for device in each.get('devices', [])]
        return found

    def consumed(self, pool, device, capacity):
        """Returns how much of a device's capacity is consumed by all claims."""
        return sum(quantity(result.get('consumedCapacity', {}).get(capacity, 0))
                   for claim in self.store.list(CLAIMS)[1]
                   for result in claim.get('status', {}).get('allocation', {}).get('devices', {}).get('results', [])
                   if (result['driver'], result['pool'], result['device']) == (self.driver, pool, device))

    def claim(self, namespace, name, class_name, capacity=None, parameters=None, request='queue'):
        """Creates a claim for one device, with a capacity, and parameters for the driver."""
        exactly = {'deviceClassName': class_name}
        if capacity:
            exactly['capacity'] = {'requests': capacity}
        devices = {'requests': [{'name': request, 'exactly': exactly}]}
        if parameters is not None:
            devices['config'] = [{'requests': [request],
                                  'opaque': {'driver': self.driver, 'parameters': parameters}}]
        return self.store.create(CLAIMS, namespace, {'metadata': {'name': name}, 'spec': {'devices': devices}})

    def allocate(self, claim, pod=None, device=None, unchecked=False):
        """Allocates and reserves a claim for a pod (a pair of name and uid), and returns the claim.

        unchecked: whether the capacity may be exceeded, as it is if queues of the NIC are taken in the meantime.
        """
        namespace, name = claim['metadata']['namespace'], claim['metadata']['name']
        claim = self.store.get(CLAIMS, namespace, name)
        requests = claim['spec']['devices']['requests']
        results = [self.result(request, device, unchecked) for request in requests]
        claim['metadata'].setdefault('finalizers', []).append(FINALIZER)
        claim = self.store.replace(CLAIMS, namespace, name, claim)
        claim['status'] = {
            'allocation': {
                'devices': {'results': results, 'config': self.configuration(claim)},
                'nodeSelector': {'nodeSelectorTerms': [{'matchFields': [
                    {'key': 'metadata.name', 'operator': 'In', 'values': [self.node]}]}]}},
            'reservedFor': [{'resource': 'pods', 'name': pod[0], 'uid': pod[1]}] if pod else []}
        return self.store.replace(CLAIMS, namespace, name, claim, 'status')

    def result(self, request, wanted, unchecked):
        amounts = request['exactly'].get('capacity', {}).get('requests', {})
        for pool, device in self.devices():
            tainted = any(taint['effect'] != 'None' for taint in device.get('taints', []))
            if wanted not in (None, device['name']) or tainted and not unchecked:
                continue
            consumed = {}
            for name, capacity in device.get('capacity', {}).items():
                consumed[name] = self.amount(capacity, amounts.get(name))
                free = quantity(capacity['value']) - self.consumed(pool, device['name'], name)
                if unchecked:
                    consumed[name] = consumed[name] or quantity(amounts[name])
                elif consumed[name] is None or consumed[name] > free:
                    break
            else:
                found = {'request': request['name'], 'driver': self.driver, 'pool': pool, 'device': device['name']}
                if device.get('allowMultipleAllocations'):
                    found['shareID'] = str(uuid.uuid4())
                    found['consumedCapacity'] = {name: str(amount) for name, amount in consumed.items()}
                return found
        raise Unschedulable('no device for %s' % request)

    @staticmethod
    def amount(capacity, wanted):
        """Returns the consumed amount for a wanted one; None if the policy does not allow it."""
        policy = capacity.get('requestPolicy')
        if policy is None:
            return quantity(wanted or capacity['value'])
        amount = quantity(wanted if wanted is not None else policy.get('default', capacity['value']))
        spread = policy.get('validRange')
        if spread:
            low, step = quantity(spread['min']), quantity(spread.get('step', 0))
            amount = max(amount, low)
            if step:
                amount = low - (low - amount) // step * step
            return amount if amount <= quantity(spread.get('max', capacity['value'])) else None
        valid = [quantity(each) for each in policy.get('validValues', [])]
        return min((each for each in valid if each >= amount), default=None) if valid else amount

    def configuration(self, claim):
        """Returns the parameters for drivers, of the class first."""
        found = []
        for request in claim['spec']['devices']['requests']:
            device_class = self.store.get(CLASSES, None, request['exactly']['deviceClassName'])
            found += [dict(each, source='FromClass', requests=[request['name']])
                      for each in device_class['spec'].get('config', [])]
        return found + [dict(each, source='FromClaim') for each in claim['spec']['devices'].get('config', [])]

    def deallocate(self, claim):
        """Ends the reservation and the allocation of a claim and deletes it."""
        namespace, name = claim['metadata']['namespace'], claim['metadata']['name']
        claim = self.store.get(CLAIMS, namespace, name)
        claim['status'] = {}
        claim = self.store.replace(CLAIMS, namespace, name, claim, 'status')
        claim['metadata']['finalizers'] = []
        self.store.replace(CLAIMS, namespace, name, claim)
        self.store.delete(CLAIMS, namespace, name)
