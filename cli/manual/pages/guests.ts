import type { Pages } from '../page.ts'

/** Machines with our agent inside. */
export const guests: Pages = {
  guests: {
    calls: ['listGuests'],
    json: { members: { guests: { all: 'listGuests' } } },
    see: ['guests show', 'guests enrol', 'gateways', 'guests.md'],
  },
  'guests list': {
    calls: ['listGuests'],
    json: { members: { guests: { all: 'listGuests' } } },
    see: ['guests show', 'guests enrol', 'guests.md'],
  },
  'guests show': {
    calls: ['getGuest', 'listGuests'],
    json: { members: { guest: { answer: 'getGuest' } } },
    see: ['guests list', 'guests.md'],
  },
  'guests backup': {
    calls: ['startRun', 'getRun', 'listGuests'],
    json: { run: true },
    interruptible: true,
    see: ['guests show', 'guests restore', 'guests.md', 'recipes.md'],
  },
  'guests restore': {
    calls: ['startRun', 'getRun', 'listPoints'],
    callsWith: { '--onto': ['listGuests'] },
    json: { run: true },
    needs: [
      'The agent in the guest, whose settings allow the phase "restore" of the recipe.',
      'Over what is there, it waits for approval by an administrator unless one asks for it; what goes on is not asked about again.',
    ],
    exits: {
      partly: 'it has stopped where a person has to do the next step; --from goes on behind it',
    },
    interruptible: true,
    see: ['points', 'site step', 'guests recipes', 'restore', 'guests.md', 'recipes.md'],
  },
  'guests recipes': {
    calls: ['getRecipes'],
    json: { answer: 'getRecipes' },
    see: ['guests show', 'guests drilled', 'recipes.md'],
  },
  'guests enrol': {
    calls: ['createEnrolmentCode'],
    callsWith: { '--vm': ['listVms'] },
    json: { answer: 'createEnrolmentCode' },
    see: ['guests list', 'gateways enrol', 'guests.md', 'security.md'],
  },
  'guests drilled': {
    calls: ['tellDrill', 'listGuests'],
    json: { answer: 'tellDrill' },
    see: ['guests show', 'recipes.md'],
  },
  'guests install': {
    calls: [],
    json: {
      told: 'One document: {"settings", "unit"}: the file that was written, and the text of a unit.',
    },
    needs: ['The machine that is to be a guest, and the right to write its data directory.'],
    variables: ['XENKEEP_DATA'],
    see: ['guests enrol', 'guests.md'],
  },
  'guests rename': {
    calls: ['renameGateway', 'listGuests'],
    json: { answer: 'renameGateway' },
    see: ['guests show', 'guests.md'],
  },
  'guests rotate-key': {
    calls: ['askNewKey', 'listGuests'],
    json: { answer: 'askNewKey' },
    see: ['guests show', 'guests revoke', 'security.md'],
  },
  'guests revoke': {
    calls: ['revokeGateway', 'listGuests'],
    json: { answer: 'revokeGateway' },
    see: ['guests enrol', 'guests rotate-key', 'security.md'],
  },
}
