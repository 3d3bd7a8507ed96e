import type { CallInput } from '#core/contracts/client.ts'
import { action, answer, newCommand, type Program, type Session } from '../command.ts'
import { UsageError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'
import { followRun } from '../follow/follow-run.ts'
import { quoted, safeText } from '../output/safe-text.ts'
import { wholeNumber } from './arguments.ts'
import { foretoldLines } from './replica-lines.ts'
import { findReplica } from './replicas.ts'

interface Options {
  to?: string
  sr?: string
  network: Record<string, string>
  keep: number
  every: number
  proveEvery: number
  stop?: true
  resume?: true
  now?: true
  preview?: true
}

/** `xenkeep replicate`. JSON: `{"replicaId"}`; with `--preview` `{"preview"}`; with `--now` the lines of a run. */
export const replicateCommand = (program: Program) =>
  newCommand(
    'replicate',
    'keep a standby of a virtual machine in another pool, from its recovery points',
    [
      'xenkeep replicate db-01 --to "DR pool" --sr "DR storage" \\\n      --network "LAN=5f1d…" --keep 3 --every 1h',
      'xenkeep replicate db-01 --to "DR pool" --preview',
      'xenkeep replicate db-01 --now',
      'xenkeep replicate db-01 --stop',
    ],
  )
    .argument(
      '<vm>',
      'exact name or UUID; with --now, --stop and --resume also the id of the replica',
    )
    .option('--to <pool>', 'the pool that gets the standby (exact name or UUID)')
    .option(
      '--sr <sr>',
      "its storage repository (exact name or UUID; default: the pool's own, also where another was said before)",
    )
    .option(
      '--network <from=to>',
      'network of the VM (name or UUID) = UUID there; may be repeated',
      network,
      {},
    )
    .option('--keep <n>', 'previous states that are kept', wholeOrZero, 3)
    .option('--every <time>', 'how often a round is due: 15m, 1h, 1d', duration, 3_600)
    .option(
      '--prove-every <n>',
      'read the standby back in full each so many rounds (0: never)',
      wholeOrZero,
      0,
    )
    .option('--preview', 'tell what it would do, and change nothing')
    .option('--now', 'a round now, and show it')
    .option('--stop', 'no more rounds; the standby stays as it is')
    .option('--resume', 'rounds again')
    .action(
      action(program, async (session, vm: string, options: Options) => {
        const { to, sr, network: networks, keep, every, proveEvery } = options
        if (options.stop || options.resume || options.now) return command(session, vm, options)
        if (!to) throw new UsageError('Say with --to which pool gets the standby.')
        const body = {
          vm,
          pool: to,
          networks,
          keep,
          everySeconds: every,
          proveEvery,
          ...(sr ? { sr } : {}),
        }
        if (options.preview) return preview(session, body)
        const reply = await session.client.call('putReplica', { body })
        answer(session, reply, () => [
          `The standby of ${quoted(vm)} is defined (${reply.replicaId}). Rounds take its newest recovery point; "xenkeep replicas" shows them.`,
        ])
        return ExitCode.ok
      }),
    )

const preview = async (
  session: Session,
  body: NonNullable<CallInput<'previewReplica'>['body']>,
): Promise<ExitCode> => {
  const reply = await session.client.call('previewReplica', { body })
  answer(session, { preview: reply }, () => [
    ...foretoldLines(reply),
    ...reply.notes.map(note => `Note: ${safeText(note)}`),
    'Nothing was changed.',
  ])
  return ExitCode.ok
}

const command = async (
  session: Session,
  wanted: string,
  { stop, now }: Options,
): Promise<ExitCode> => {
  const { replicaId, vmName } = await findReplica(session, wanted)
  const params = { replicaId }
  const name = now ? 'round' : stop ? 'stop' : 'resume'
  const reply = await session.client.call('commandReplica', { params, body: { command: name } })
  if (reply.runId !== undefined) return followRun(session, reply.runId)
  answer(session, reply, () => [
    stop
      ? `The replication of ${quoted(vmName)} is stopped; its standby stays as it is.`
      : `The replication of ${quoted(vmName)} goes on.`,
  ])
  return ExitCode.ok
}

const wholeOrZero = (text: string): number => (text === '0' ? 0 : wholeNumber(text))

const UNITS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const

/** For commander: `30s`, `15m`, `1h`, `1d`. @returns seconds @throws `USAGE` */
export const duration = (text: string): number => {
  const [, count, unit] = /^([1-9]\d{0,5})([smhd])$/.exec(text) ?? []
  if (!count || !unit)
    throw new UsageError(
      `${quoted(text)} is no time: a whole number and s, m, h or d.`,
      'For instance 15m or 1h.',
    )
  return Number(count) * UNITS[unit as keyof typeof UNITS]
}

const network = (text: string, before: Record<string, string>): Record<string, string> => {
  const at = text.lastIndexOf('=')
  if (at < 1)
    throw new UsageError(
      `${quoted(text)} should read FROM=TO.`,
      'FROM is a name or UUID, TO a UUID of the other pool.',
    )
  return { ...before, [text.slice(0, at)]: text.slice(at + 1).toLowerCase() }
}
