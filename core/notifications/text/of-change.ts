import type { NotificationEvent } from '../../contracts/notifications.ts'
import { type Document, linkTo, type Manner, named, oneLine, timeText } from './document.ts'

export const unusualChangeFound = (
  event: Extract<NotificationEvent, { kind: 'unusual-change' }>,
  manner: Manner,
): Document => {
  const { name, vmUuid, pointId, taken, suspicious, text } = event
  const what = suspicious ? 'Possible ransomware in' : 'Unusual change of'
  return {
    severity: suspicious ? 'error' : 'warning',
    subject: oneLine(`${what} ${named(name, 80)}`, 200),
    story: [
      `The recovery point of ${named(name)} of ${timeText(taken, manner)} differs from those before it. ${oneLine(text)}`,
      'The point is stored as every other one. This compares figures; it proves nothing.',
    ],
    facts: [{ label: 'Recovery point', value: pointId }],
    lists: [],
    advice: [
      suspicious
        ? 'Look at the VM. If it was attacked, take it off the network, place a legal hold on its points ("xenkeep points hold --vm"), and restore the last one from before.'
        : 'If nobody knows why, look at the VM before older points expire; "xenkeep points hold --vm" keeps them.',
    ],
    ...linkTo(manner, `vms/${vmUuid}`, 'Show the VM in the console'),
  }
}
