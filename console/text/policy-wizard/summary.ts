/** What was chosen, before it is saved. */
export const summary = {
  says: 'What you chose',
  name: 'Name',
  takes: 'Takes',
  how: 'How',
  when: 'When',
  next: 'Next time',
  never: 'None by itself',
  kept: 'Kept',
  lock: 'Lock',
  noLock: 'None',
  told: 'Who hears of it',
  toldRules: (n: number) =>
    n === 0 ? 'Those who hear of everything' : n === 1 ? 'One rule' : `${n} rules`,
  state: 'Runs by itself',
  yes: 'Yes',
  no: 'No: it is disabled',
  does: 'What it does',
  cost: 'Cost on AWS',
  costMonth: (usd: number, region: string, date: string) =>
    `About ${usd.toFixed(2)} USD a month (${region}, list prices of ${date})`,
  noCost: 'Not reckoned without a schedule and VMs.',
  notes: 'What you should know',
  loading: 'Looking what it would do …',
} as const
