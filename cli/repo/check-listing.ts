import { checkListing } from '#repository/index.ts'
import type { Session } from '../command.ts'
import { ExitCode } from '../exit-codes.ts'
import { print, printJson } from '../host.ts'
import { safeText } from '../output/safe-text.ts'
import { count, formatBytes } from '../output/units.ts'
import { stoppable } from '../stoppable.ts'
import { openStore, type RepositoryOptions } from './open.ts'

/** For those who keep a repository and must not read it. @returns `damaged` when anything was found */
export const checkWithoutKey = (
  { host, json }: Session,
  options: RepositoryOptions,
): Promise<ExitCode> =>
  stoppable(host, async signal => {
    const store = await openStore(options)
    const report = await checkListing(store, { signal })
    const { objects, bytes, points, packs, unknown, findings } = report
    if (json) printJson(host, { event: 'ended', repository: store.address, listing: report })
    else
      print(
        host,
        `Repository ${safeText(store.address)}, without a key: ${count(objects, 'object')}, ${formatBytes(bytes)}; ${count(points, 'recovery point')}, ${count(packs, 'pack')}.`,
        'Names, lengths and checksums of all small objects and of the ends of all packs were compared; whether anything is missing or forged takes the key.',
        ...(unknown > 0 ? [`${count(unknown, 'object')} with names that are none of ours.`] : []),
        ...(findings.length === 0
          ? ['No damage was found.']
          : [
              `DAMAGE: ${count(findings.length, 'finding')}.`,
              ...findings.map(({ code, message }) => `  ${code}: ${safeText(message)}`),
              '  what to do: Run "xenkeep repo check" with the key to see which recovery points it strikes, and with --heal to put it back.',
            ]),
      )
    return findings.length === 0 ? ExitCode.ok : ExitCode.damaged
  })
