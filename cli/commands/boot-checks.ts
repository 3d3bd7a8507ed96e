import { Option } from 'commander'
import { BootProof, type VmBootCheck } from '#core/contracts/boot-checks-api.ts'
import { action, answer, newCommand, type Program } from '../command.ts'
import { listAll } from '../control-plane.ts'
import { ExitCode } from '../exit-codes.ts'
import type { Host } from '../host.ts'
import { safeText } from '../output/safe-text.ts'
import { type Column, table } from '../output/table.ts'
import { wholeNumber } from './arguments.ts'

interface Options {
  proof?: BootProof | 'lacking'
  days?: number
  search?: string
  pool?: string
  sort?: 'name' | 'oldest'
}

/** `xenkeep boot-checks`. JSON: `{"bootChecks":[VmBootCheck]}`. */
export const bootChecksCommand = (program: Program) =>
  newCommand(
    'boot-checks',
    'list of each virtual machine with recovery points the newest boot check: what is proven, what never or long ago',
    [
      'xenkeep boot-checks',
      'xenkeep boot-checks --proof lacking --days 90 --sort oldest',
      "xenkeep boot-checks --proof never --json \\\n      | jq -r '.bootChecks[].newest.pointId' | xargs xenkeep boot-check",
    ],
  )
    .addOption(
      new Option(
        '--proof <proof>',
        'only these; "old": it booted, and that is long ago; "gone": it booted, and that point was deleted since; "lacking": all but "good"',
      ).choices([...BootProof.options, 'lacking']),
    )
    .option('--days <n>', 'from how many days on a good check is old (default: 30)', wholeNumber)
    .option('--search <text>', 'part of the name, or the UUID')
    .option('--pool <pool>', 'only of this pool (exact name or UUID)')
    .addOption(
      new Option('--sort <order>', 'oldest: checked longest ago first').choices(['name', 'oldest']),
    )
    .action(
      action(program, async (session, options: Options) => {
        const bootChecks = await listAll(session.client, 'listBootChecks', { ...options })
        answer(session, { bootChecks }, () => {
          if (bootChecks.length > 0) return table(columns(session.host), bootChecks)
          return Object.keys(options).length > 0
            ? ['No virtual machine matches.']
            : [
                'There is no recovery point of a virtual machine yet. "xenkeep backup VM" makes one.',
              ]
        })
        return ExitCode.ok
      }),
    )

const PROOFS: Record<BootProof, string> = {
  good: 'yes',
  old: 'yes, long ago',
  gone: 'of no point left',
  bad: 'NO',
  never: 'never checked',
  unknown: 'not known',
}

const columns = ({ time }: Pick<Host, 'time'>): Column<VmBootCheck>[] => [
  { title: 'VM', cell: ({ vmName }) => safeText(vmName) },
  { title: 'PROVEN', cell: ({ proof }) => PROOFS[proof] },
  { title: 'CHECKED', cell: ({ check }) => (check ? time(check.result.at) : '-') },
  { title: 'NEWEST POINT', cell: ({ newest }) => time(newest.taken) },
  { title: 'IN WORDS', cell: ({ line }) => safeText(line) },
]
