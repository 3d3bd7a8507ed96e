import { action, newCommand, type Program } from '../command.ts'
import { UsageError } from '../errors.ts'
import { startRun } from '../follow/start-run.ts'
import { wholeNumber } from './arguments.ts'
import { resolvePoint } from './resolve-point.ts'

interface Options {
  allLatest?: true
  pool?: string
  sr?: string
  timeout: number
  script?: string
  guestVerdict?: true
  detach?: true
}

/** `xenkeep boot-check`. JSON lines, see `startRun`. */
export const bootCheckCommand = (program: Program) =>
  newCommand(
    'boot-check',
    'prove that a machine boots from a recovery point: restored without network, started, looked at, removed',
    [
      'xenkeep boot-check latest:db-01',
      'xenkeep boot-check 01JD9W5R6D3S0Q6Z1B4W8TXY2K --timeout 1200 --script ask-the-database',
      'xenkeep boot-check --all-latest --sr 1f6d2f33-04c5-4d9e-9f0e-3c0b4c4f1a10',
    ],
  )
    .argument('[points...]', 'ids of recovery points, or latest:VM (exact name or UUID)')
    .option('--all-latest', 'the newest point of every VM that has one')
    .option('--pool <uuid>', 'pool to boot in (default: where it was)')
    .option('--sr <uuid>', "storage repository for the disks meanwhile (default: the pool's own)")
    .option('--timeout <seconds>', 'for all of it, restoring included', wholeNumber, 900)
    .option('--script <name>', "ask this program of the gateway's settings for its verdict")
    .option('--guest-verdict', 'wait for the verdict of the guest itself (vm-data/xenkeep/verdict)')
    .option('--detach', 'start the run and return at once')
    .action(
      action(program, async (session, points: string[], options: Options) => {
        const { allLatest = false, pool, sr, timeout, script, guestVerdict = false } = options
        if (allLatest === points.length > 0)
          throw new UsageError('Name recovery points, or --all-latest, and not both.')
        const pointIds: string[] = []
        for (const point of points) pointIds.push(await resolvePoint(session, point))
        const request = {
          kind: 'boot-check' as const,
          pointIds,
          allLatest,
          timeoutSeconds: timeout,
          guestVerdict,
          ...(pool ? { poolUuid: pool } : {}),
          ...(sr ? { srUuid: sr } : {}),
          ...(script ? { script } : {}),
        }
        return startRun(session, request, options)
      }),
    )
