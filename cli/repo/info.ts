import { verificationLines } from '../check/verification-lines.ts'
import { answer, type Session } from '../command.ts'
import { ExitCode } from '../exit-codes.ts'
import { safeText } from '../output/safe-text.ts'
import { table } from '../output/table.ts'
import { count, formatBytes } from '../output/units.ts'
import { type RepositoryOptions, withRepository } from './open.ts'

/** Kinds of objects by the first part of their names; docs/repository-format.md, section 1. */
const KINDS: Record<string, string> = {
  packs: 'data packs',
  meta: 'metadata packs',
  index: 'index segments',
  points: 'recovery points',
  intents: 'intents',
  keys: 'key slots',
  repo: 'bootstrap',
  parts: 'checkpoints',
  gc: 'state of the collector',
  verify: 'verification results',
  lost: 'damage lists',
}

interface Holding {
  count: number
  bytes: number
}

export const info = (session: Session, options: RepositoryOptions): Promise<ExitCode> =>
  withRepository(session, options, async repository => {
    const { id, created, readOnlyBecause, store } = repository
    const objects: Record<string, Holding> = {}
    for await (const { key, size } of store.list('')) {
      const [kind = ''] = key.split('/')
      objects[kind] ??= { count: 0, bytes: 0 }
      const holding = objects[kind] as Holding
      holding.count++
      holding.bytes += size
    }
    const vms = new Set<string>()
    let points = 0
    for await (const { vmTag } of repository.points()) {
      vms.add(vmTag)
      points++
    }
    const bytes = Object.values(objects).reduce((sum, holding) => sum + holding.bytes, 0)
    const verification = await repository.verification()
    const { now, time } = session.host
    const document = { repository: store.address, id, created, readOnlyBecause, points }
    answer(session, { ...document, vms: vms.size, bytes, objects, verification }, () => [
      `Repository ${id} at ${safeText(store.address)}`,
      `  made      ${session.host.time(created)}`,
      `  holds     ${count(points, 'recovery point')} of ${vms.size === 1 ? '1 machine, image or component' : `${vms.size.toLocaleString('en')} machines, images or components`}, ${formatBytes(bytes)}`,
      `  writing   ${readOnlyBecause ? `no: ${safeText(readOnlyBecause)}` : 'allowed'}`,
      ...verificationLines(verification, { now: now(), time }).map((line, i) =>
        i === 0 ? `  verified  ${line}` : `            ${line}`,
      ),
      ...table(
        [
          { title: 'OBJECTS', cell: ([kind]) => KINDS[kind] ?? safeText(kind) },
          {
            title: 'COUNT',
            cell: ([, holding]) => holding.count.toLocaleString('en'),
            align: 'right',
          },
          { title: 'SIZE', cell: ([, holding]) => formatBytes(holding.bytes), align: 'right' },
        ],
        Object.entries(objects),
      ),
    ])
    return ExitCode.ok
  })
