import type { SiteProblem } from '../contracts/site-graph.ts'
import { clip, type Draft } from './known.ts'
import { numbers } from './skips.ts'
import { namesOf, STANDING_IN } from './words.ts'

/** What is odd about many VMs in the same way is told once. */
export type Concern =
  | 'contradiction'
  | 'reset-dedicated'
  | 'pooled-keeps'
  | 'pooled-unproven'
  | 'discarded-dedicated'

/** What is odd, one sentence for all VMs of which it is. */
export const concernProblem = (
  concern: Concern,
  names: readonly string[],
  covers: readonly number[],
): SiteProblem => {
  const sorted = [...names].sort()
  const who = namesOf(sorted)
  const many = sorted.length > 1
  const texts: Record<Concern, Omit<SiteProblem, 'covers'>> = {
    contradiction: {
      ...{ code: 'SITE_CONTRADICTION', level: 'warning' },
      text: `One line protects ${who} and another leaves ${many ? 'them' : 'it'} out. ${many ? 'They are' : 'It is'} protected, since that loses nothing.`,
      advice: 'Remove one of the two lines from the definition.',
    },
    'reset-dedicated': {
      ...{ code: 'SITE_DISK_RESET', level: 'error' },
      text: `${who} cannot be saved: XenServer resets ${many ? 'their' : 'its'} disks at each boot (on_boot) and takes no snapshot of them.`,
      advice:
        'Give the lines the role "pooled" where that is meant; else set on_boot of the disks to "persist" while the VM is shut down.',
    },
    'pooled-keeps': {
      ...{ code: 'SITE_POOLED_KEEPS', level: 'warning' },
      text: `The definition calls ${who} pooled, and ${many ? 'they keep' : 'it keeps'} what users change. ${many ? 'They are' : 'It is'} backed up all the same, since it would be lost otherwise.`,
      advice:
        'Give the line the role "dedicated"; to leave such machines out, write "protect: false" with the reason.',
    },
    'pooled-unproven': {
      ...{ code: 'SITE_POOLED_UNPROVEN', level: 'warning' },
      text: `The definition calls ${who} pooled, so ${many ? 'they are' : 'it is'} not backed up; nothing that XenServer or a Delivery Controller says shows that ${many ? 'their' : 'its'} content is discarded.`,
      advice:
        'Look at the machine catalog in Citrix Studio. Where changes are kept, give the line the role "dedicated".',
    },
    'discarded-dedicated': {
      ...{ code: 'SITE_DEDICATED_DISCARDED', level: 'note' },
      text: `${who} ${many ? 'are' : 'is'} in a line for machines that keep their content, and ${many ? 'theirs' : 'its'} is discarded at logoff.`,
      advice:
        'Where that is not so, look at PersistUserChanges of the machine catalog and at on_boot of the disks; else a line of the role "pooled" says what is meant.',
    },
  }
  const told = texts[concern]
  return { ...told, text: clip(told.text), covers: numbers(covers) }
}

/** A server that nothing holds still is saved, and that it is saved less well is told. */
export const unfrozenProblem = (drafts: readonly Draft[]): SiteProblem[] => {
  const rough = drafts.filter(
    draft =>
      draft.kind === 'vm' &&
      draft.method === 'normal' &&
      draft.roles.some(role => STANDING_IN.has(role)),
  )
  if (rough.length === 0) return []
  const names = rough.flatMap(draft => (draft.kind === 'vm' ? [draft.vmName] : [])).sort()
  return [
    {
      ...{ code: 'SITE_NOT_HELD_STILL', level: 'note' },
      text: clip(
        `The snapshots of ${namesOf(names)} are taken as after a power cut: no agent in ${names.length > 1 ? 'them' : 'it'} can hold still what is written.`,
      ),
      advice:
        'Install the agent in guest mode there and allow it to freeze (docs/guests.md); what recipes save of these servers is sound without it.',
      covers: numbers(rough.flatMap(({ covers }) => covers)),
    },
  ]
}
