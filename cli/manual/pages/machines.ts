import type { Pages } from '../page.ts'

/** Commands around virtual machines, their recovery points, and their way back. */
export const machines: Pages = {
  overview: {
    calls: ['getOverview'],
    json: { members: { overview: { answer: 'getOverview' } } },
    see: ['runs', 'vms', 'repository', 'console.md'],
  },
  vms: {
    calls: ['listVms', 'listGateways'],
    callsWith: { '--policy': ['listPolicies'] },
    json: { members: { vms: { all: 'listVms' } } },
    see: ['vms show', 'points', 'vms.md'],
  },
  'vms show': {
    calls: ['getVm', 'listVms', 'listPoints'],
    json: { members: { vm: { answer: 'getVm' } } },
    see: ['vms', 'points', 'vms.md'],
  },
  'vms acknowledge': {
    calls: ['acknowledgeChange', 'getVm', 'listVms', 'listPoints'],
    json: { answer: 'acknowledgeChange' },
    see: ['vms show', 'points show', 'vms.md'],
  },
  pools: {
    calls: ['listPools'],
    json: { members: { pools: { all: 'listPools' } } },
    see: ['gateways', 'restore', 'operations.md'],
  },
  backup: {
    calls: ['startRun', 'getRun'],
    callsWith: { '--all': ['listVms', 'listReplicas'] },
    json: { run: true },
    needs: ['A gateway that serves the pool of each VM and calls.'],
    exits: {
      partly: 'some VMs were backed up, some were not; or a point is weaker than was asked for',
      damaged: 'the repository is damaged where it was read',
    },
    interruptible: true,
    see: ['policies run', 'runs', 'points', 'operations.md'],
  },
  runs: {
    calls: ['listRuns', 'getRun'],
    callsWith: { '--policy': ['listPolicies'] },
    json: {
      told: 'One document: "runs": the items of GET /v1/runs, as many as --limit says. With RUN: {run, jobs} as GET /v1/runs/{runId} answers them. With --follow a line whenever something changed, as of "backup" (docs/openapi.json).',
    },
    exits: { partly: 'with --follow: some of its jobs did not succeed' },
    interruptible: true,
    see: ['cancel', 'runs retry', 'backup', 'operations.md'],
  },
  'runs approve': {
    calls: ['approveRun'],
    json: { answer: 'approveRun' },
    needs: ['Somebody else than who asked for it, with the role that the run names.'],
    see: ['runs decline', 'runs', 'who-may.md'],
  },
  'runs decline': {
    calls: ['declineRun'],
    json: { answer: 'declineRun' },
    see: ['runs approve', 'runs', 'who-may.md'],
  },
  'runs redrive': {
    calls: ['redriveRun'],
    json: { answer: 'redriveRun' },
    see: ['runs', 'runs retry', 'operations.md'],
  },
  'runs retry': {
    calls: ['retryRun'],
    callsWith: { '--follow': ['getRun'] },
    json: {
      told: 'One document: what POST /v1/runs/{runId}/retry answers, {"runId"}. With --follow a line whenever something changed, as of "backup" (docs/openapi.json).',
    },
    exits: { partly: 'with --follow: some of its jobs did not succeed' },
    interruptible: true,
    see: ['runs', 'runs redrive', 'operations.md'],
  },
  cancel: {
    calls: ['cancelRun', 'getRun', 'listRuns'],
    json: { answer: 'cancelRun' },
    see: ['runs', 'operations.md'],
  },
  points: {
    calls: ['listPoints'],
    json: { members: { points: { all: 'listPoints' } } },
    see: ['points show', 'restore', 'vms.md'],
  },
  'points show': {
    calls: ['listPoints', 'listHolds'],
    json: { members: { point: { one: 'listPoints' }, holds: { all: 'listHolds' } } },
    exits: { damaged: 'the point is damaged, or no longer in the repository' },
    see: ['points', 'restore', 'maintenance.md'],
  },
  'points delete': {
    calls: ['deletePoint', 'listPoints', 'getRun'],
    json: { run: true },
    needs: ['A point that no lock and no hold keeps, and a gateway marked for maintenance.'],
    exits: { refused: 'a lock or a hold keeps it, or the role does not suffice' },
    interruptible: true,
    see: ['points show', 'points hold', 'maintenance.md'],
  },
  'points hold': {
    calls: ['placeHold'],
    callsWith: { '--vm': ['listPoints', 'listVms'] },
    json: { answer: 'placeHold' },
    exits: {
      partly: 'it stands, but a job may be deleting some of its points at this very moment',
    },
    see: ['points release', 'points holds', 'maintenance.md'],
  },
  'points release': {
    calls: ['releaseHold'],
    callsWith: { '--vm': ['listPoints', 'listVms'] },
    json: { answer: 'releaseHold' },
    see: ['points hold', 'points holds', 'maintenance.md'],
  },
  'points holds': {
    calls: ['listHolds'],
    json: { members: { holds: { all: 'listHolds' } } },
    see: ['points hold', 'points release', 'maintenance.md'],
  },
  restore: {
    calls: ['startRun', 'getRun', 'listPoints'],
    json: { run: true },
    needs: [
      'A gateway that serves the pool and calls. A restore over a VM may wait for somebody else to agree: who, says the run.',
    ],
    exits: {
      partly: 'some VMs were restored, some were not',
      refused: 'it waits for somebody else to agree; or the token or role does not suffice',
      damaged: 'data of the point is damaged; nothing of the restored VM is left',
    },
    interruptible: true,
    see: ['points', 'files', 'runs approve', 'operations.md'],
  },
  'boot-check': {
    calls: ['startRun', 'getRun'],
    callsWith: { 'latest:VM': ['listPoints'], '--all-latest': ['listPoints'] },
    json: { run: true },
    needs: ['A gateway that serves the pool, and room there for the disks meanwhile.'],
    exits: { partly: 'some booted, some did not' },
    interruptible: true,
    see: ['boot-checks', 'failover', 'points show', 'operations.md'],
  },
  'boot-checks': {
    calls: ['listBootChecks'],
    json: { members: { bootChecks: { all: 'listBootChecks' } } },
    see: ['boot-check', 'points show', 'operations.md'],
  },
  replicate: {
    calls: ['putReplica'],
    callsWith: {
      '--preview': ['previewReplica'],
      '--now': ['commandReplica', 'listReplicas', 'getRun'],
      '--stop': ['commandReplica', 'listReplicas'],
      '--resume': ['commandReplica', 'listReplicas'],
    },
    json: {
      told: 'One document: what POST /v1/replicas answers; with --preview {"preview"}, as POST /v1/replicas/preview answers; with --stop or --resume what POST /v1/replicas/{replicaId}/commands answers; with --now a line whenever something changed, as of "backup" (docs/openapi.json).',
    },
    needs: ['A recovery point of the VM, and a gateway that serves the other pool.'],
    interruptible: true,
    see: ['replicas', 'failover', 'operations.md'],
  },
  replicas: {
    calls: ['listReplicas'],
    callsWith: { VM: ['getReplica'] },
    json: {
      told: 'One document: "replicas": the items of GET /v1/replicas, all pages in one list. With VM: "replica": what GET /v1/replicas/{replicaId} answers (docs/openapi.json).',
    },
    see: ['replicate', 'failover', 'operations.md'],
  },
  failover: {
    calls: ['commandReplica', 'listReplicas', 'getRun'],
    callsWith: { '--plan': ['getReplica'] },
    json: {
      told: 'With --plan one document: "plan": the deed of GET /v1/replicas/{replicaId}. Otherwise a line whenever something changed, as of "backup": "progress" {run, jobs}, at last "ended" {run, jobs} (docs/openapi.json).',
    },
    needs: ['A standby that holds a state, and a gateway that serves its pool.'],
    interruptible: true,
    see: ['failback', 'replicas', 'operations.md'],
  },
  failback: {
    calls: ['commandReplica', 'listReplicas'],
    callsWith: { '--plan': ['getReplica'] },
    json: {
      told: 'One document: what POST /v1/replicas/{replicaId}/commands answers; with --plan "plan": the deed of GET /v1/replicas/{replicaId} (docs/openapi.json).',
    },
    needs: ['A machine that was failed over, and gateways that serve both pools.'],
    see: ['failover', 'replicas', 'operations.md'],
  },
}
