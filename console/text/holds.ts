/** What dialogues about legal holds say, wherever they are opened. */
export const holds = {
  place: {
    action: 'Place a legal hold',
    title: 'Place a legal hold',
    titleVm: (name: string) => `Hold all points of ${name}`,
    titlePoint: (name: string) => `Hold a point of ${name}`,
    what: 'While it stands, neither retention nor anybody deletes what it covers, points to come included where it is on the virtual machine. It takes the place of a hold on the same.',
    reason: 'Why',
    reasonHint: 'Stands in the audit record and beside each point.',
    until: 'The first day on which it holds no more (UTC)',
    untilHint: 'Left empty, it holds until somebody releases it.',
    badDay: 'Give a day to come, as 2027-12-31.',
    submit: 'Place it',
    done: 'The hold stands.',
    late: (pointIds: readonly string[]) =>
      `A job may be deleting ${pointIds.length === 1 ? 'a point' : `${pointIds.length} points`} at this very moment; for ${pointIds.length === 1 ? 'it' : 'them'} the hold may have come too late: ${pointIds.join(', ')}`,
  },
  release: {
    title: (name: string) => `Release the hold on ${name}`,
    what: 'What has expired is removed by the next maintenance run. Locks that were set in the store stay to their end.',
    reason: 'Why',
    submit: 'Release it',
    done: 'The hold is released.',
    wasNone: 'There was no hold on it.',
    lockedUntil: (day: string) => `Locks in the store stay; the last ends ${day}.`,
  },
} as const
