import { Option } from 'commander'
import { MaintenanceStep } from '#core/contracts/maintenance.ts'
import type { MaintenanceSchedule } from '#core/contracts/repository-api.ts'
import { action, answer, newCommand, type Program } from '../command.ts'
import { UsageError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'
import { startRun } from '../follow/start-run.ts'
import { quoted } from '../output/safe-text.ts'
import { parseShare } from '../repo/check-share.ts'

interface MaintenanceOptions {
  only?: MaintenanceStep[]
  level: string
  sample?: number
  detach?: true
}

/** `xenkeep maintenance`. JSON lines as of every run: `started`, `progress`, `ended`. */
export const maintenanceCommand = (program: Program) =>
  newCommand(
    'maintenance',
    'remove expired points, collect garbage, verify a part, compare with the second copy: what runs once a day by itself',
    [
      'xenkeep maintenance',
      'xenkeep maintenance --only verify --level 2     # reads every stored byte',
      'xenkeep maintenance --only retention,collect --detach',
      'xenkeep maintenance --only compare   # which points the second copy could bring back now',
      'xenkeep maintenance schedule --at 03:00 --time-zone Europe/Vienna --sample 5%',
    ],
  )
    .option('--only <steps>', 'some of: retention, collect, verify, compare', steps)
    .addOption(levelOption().default('1'))
    .option('--sample <share>', 'of the packs, for level 1, those read longest ago: 5%', parseShare)
    .option('--detach', 'start the run and return at once')
    .action(
      action(program, (session, { only, level, sample, detach }: MaintenanceOptions) =>
        startRun(
          session,
          {
            kind: 'maintenance',
            ...(only && { steps: only }),
            verification: verificationOf(level, sample),
          },
          detach ? { detach } : {},
        ),
      ),
    )
    .addCommand(scheduleCommand(program))

interface ScheduleOptions {
  at?: string
  timeZone?: string
  off?: true
  level?: string
  sample?: number
}

/** JSON: `{"schedule":MaintenanceSchedule}`. */
const scheduleCommand = (program: Program) =>
  newCommand('schedule', 'change when maintenance runs by itself, once a day', [
    'xenkeep maintenance schedule --at 03:00 --time-zone Europe/Vienna',
    'xenkeep maintenance schedule --off',
  ])
    .option('--at <time>', 'time of the day, as 03:00; as it was unless told')
    .option('--time-zone <zone>', 'of that time, as Europe/Vienna; as it was unless told')
    .option('--off', 'not by itself any more')
    .addOption(levelOption())
    .option(
      '--sample <share>',
      'of the packs that each run verifies: 5%; as it was unless told',
      parseShare,
    )
    .action(
      action(program, async (session, options: ScheduleOptions) => {
        const { schedule: before } = await session.client.call('getRepository')
        const verification = keptVerification(options, before.verification)
        const body = {
          enabled: !options.off,
          at: options.at ?? before.at,
          timeZone: options.timeZone ?? before.timeZone,
          ...(verification && { verification }),
        }
        const reply = await session.client.call('putMaintenanceSchedule', { body })
        const { enabled, at, timeZone } = reply.schedule
        answer(session, reply, () => [
          enabled
            ? `Maintenance runs each day at ${at} (${timeZone}).`
            : 'Maintenance does not run by itself any more: points stay beyond their retention, and nothing is verified, until somebody starts it.',
        ])
        return ExitCode.ok
      }),
    )

const levelOption = () =>
  new Option(
    '--level <n>',
    '0: listing and sizes; 1: every map, and a sample of the data; 2: all',
  ).choices(['0', '1', '2'])

/** What is not told stays as it was: in the cloud a share of its own is set, and each byte that is read costs. */
const keptVerification = (
  { level, sample }: ScheduleOptions,
  before: MaintenanceSchedule['verification'],
): MaintenanceSchedule['verification'] => {
  if (level === undefined && sample === undefined) return before
  const share = sample ?? (level === '1' && before?.level === 1 ? before.share : undefined)
  return verificationOf(level ?? '1', share)
}

const verificationOf = (level: string, share: number | undefined) => {
  if (share !== undefined && level !== '1')
    throw new UsageError('--sample chooses what level 1 reads; leave it out.')
  return { level: Number(level) as 0 | 1 | 2, ...(share !== undefined && { share }) }
}

/** For commander. @throws `USAGE` */
const steps = (text: string): MaintenanceStep[] => {
  const found = MaintenanceStep.array().min(1).safeParse(text.split(','))
  if (found.success) return found.data
  throw new UsageError(`${quoted(text)} names no step: retention, collect, verify, compare.`)
}
