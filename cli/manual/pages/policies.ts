import type { Pages } from '../page.ts'

const ROLE_FOR_SHORTER =
  'Where points would be kept shorter, or a lock weakened, the role administrator.'

/** `xenkeep policies …` */
export const policies: Pages = {
  'policies list': {
    calls: ['listPolicies'],
    json: { members: { policies: { all: 'listPolicies' } } },
    see: ['policies show', 'policies times', 'policies.md'],
  },
  'policies show': {
    calls: ['listPolicies'],
    json: {
      told: 'One document: what GET /v1/policies/{policyId} answers (docs/openapi.json); with --input the policy alone, as a file takes it.',
    },
    see: ['policies edit', 'policies preview', 'policies.md'],
  },
  'policies create': {
    calls: ['createPolicy'],
    json: { answer: 'createPolicy' },
    see: ['policies preview', 'policies apply', 'policies.md'],
  },
  'policies duplicate': {
    calls: ['createPolicy', 'listPolicies'],
    json: { answer: 'createPolicy' },
    see: ['policies enable', 'policies edit', 'policies.md'],
  },
  'policies times': {
    calls: ['listOccasions', 'listPolicies'],
    json: { members: { times: { all: 'listOccasions' } } },
    see: ['policies kept', 'runs', 'policies.md'],
  },
  'policies kept': {
    calls: ['getKeptPoints', 'listPolicies'],
    json: { answer: 'getKeptPoints' },
    see: ['policies preview', 'points', 'policies.md'],
  },
  'policies edit': {
    calls: ['putPolicy', 'listPolicies'],
    json: { answer: 'putPolicy' },
    needs: [ROLE_FOR_SHORTER],
    see: ['policies show', 'policies preview', 'policies.md'],
  },
  'policies export': {
    calls: ['listPolicies'],
    json: {
      told: 'One document: the policy as a file takes it; of several an array. The same as with --format json.',
    },
    see: ['policies apply', 'policies.md'],
  },
  'policies apply': {
    calls: ['listPolicies', 'previewPolicy', 'createPolicy', 'putPolicy'],
    json: {
      told: 'One document: {"dryRun", "policies": [{"name", "does": "create", "change" or "nothing", "changes": […]}]}.',
    },
    needs: [`With --dry-run the role viewer. ${ROLE_FOR_SHORTER}`],
    exits: { failed: 'one could not be saved; those before it are, and are named' },
    see: ['policies export', 'policies preview', 'policies.md'],
  },
  'policies preview': {
    calls: ['previewPolicy'],
    callsWith: { 'the name of one': ['listPolicies'] },
    json: { answer: 'previewPolicy' },
    see: ['policies create', 'policies edit', 'cost', 'policies.md'],
  },
  'policies run': {
    calls: ['startRun', 'getRun', 'listPolicies'],
    json: { run: true },
    needs: ['A gateway that serves the pool of each VM and calls.'],
    exits: { partly: 'some VMs were backed up, some were not' },
    interruptible: true,
    see: ['backup', 'runs', 'policies.md'],
  },
  'policies pause': {
    calls: ['putPolicy', 'listPolicies'],
    json: { answer: 'putPolicy' },
    see: ['policies resume', 'policies disable', 'policies.md'],
  },
  'policies resume': {
    calls: ['putPolicy', 'listPolicies'],
    json: { answer: 'putPolicy' },
    see: ['policies pause', 'policies.md'],
  },
  'policies enable': {
    calls: ['putPolicy', 'listPolicies'],
    json: { answer: 'putPolicy' },
    see: ['policies disable', 'policies.md'],
  },
  'policies disable': {
    calls: ['putPolicy', 'listPolicies'],
    json: { answer: 'putPolicy' },
    see: ['policies enable', 'policies pause', 'policies.md'],
  },
  'policies delete': {
    calls: ['deletePolicy', 'listPolicies'],
    json: { answer: 'deletePolicy' },
    see: ['policies disable', 'policies list', 'policies.md'],
  },
}
