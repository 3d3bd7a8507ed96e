import { memoryCatalog } from '#adapters/memory/catalog.ts'
import type { Catalog, CatalogKey, Clock } from '#core/ports.ts'

interface Change {
  key: CatalogKey
  /** left out where it was deleted */
  value?: unknown
  /** The later one wins: by the clock, and in the same instant the one that was made later. */
  stamp: readonly [at: number, count: number]
}

const isLater = ([at, count]: Change['stamp'], [thanAt, thanCount]: Change['stamp']): boolean =>
  at === thanAt ? count > thanCount : at > thanAt

/**
 * A stand-in for a DynamoDB global table (MREC) that carries nothing over before it is told to: two catalogs with conditions of their own; item by item, without
 * their transactions; of two writes of one item the later one wins. As test/support/global-table.ts, with a frozen clock and no files.
 */
export const memoryGlobalTable = (clock: Clock) => {
  let count = 0
  const side = () => {
    const inner = memoryCatalog()
    const stamps = new Map<string, Change['stamp']>()
    const waiting: Change[] = []
    const nameOf = ({ pk, sk }: CatalogKey) => `${pk}|${sk}`
    const catalog: Catalog = {
      ...inner,
      async write(writes) {
        await inner.write(writes)
        for (const write of writes) {
          const stamp = [clock.now(), count++] as const
          stamps.set(nameOf(write.key), stamp)
          const { key } = write
          waiting.push(write.kind === 'put' ? { key, value: write.value, stamp } : { key, stamp })
        }
      },
    }
    const apply = async ({ key, stamp, ...change }: Change) => {
      const before = stamps.get(nameOf(key))
      if (before && !isLater(stamp, before)) return
      stamps.set(nameOf(key), stamp)
      await inner.write([
        'value' in change
          ? { kind: 'put', key, value: change.value, expect: 'any' }
          : { kind: 'delete', key, expect: 'any' },
      ])
    }
    return { catalog, apply, waiting }
  }
  const [first, second] = [side(), side()]
  return {
    catalogs: [first.catalog, second.catalog] as const,
    /** What either side has written since comes to the other. @param comes which items do; the others are kept back */
    exchange: async (comes: (key: CatalogKey) => boolean = () => true) => {
      for (const [from, to] of [
        [first, second],
        [second, first],
      ] as const)
        for (const change of from.waiting.splice(0))
          if (comes(change.key)) await to.apply(change)
          else from.waiting.push(change)
    },
    /** What the first side has not sent is never sent. */
    lose: () => {
      first.waiting.length = 0
    },
  }
}
