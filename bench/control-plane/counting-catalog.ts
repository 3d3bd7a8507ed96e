import type { Catalog, CatalogItem, CatalogKey, CatalogWrite } from '#core/ports.ts'

/** Bytes of one item as DynamoDB counts them: names and values of its attributes, our JSON being the most of it. */
const sizeOf = ({ pk, sk }: CatalogKey, value: unknown): number =>
  Buffer.byteLength(pk + sk + JSON.stringify(value)) + 60

const READ_UNIT = 4_096 // bytes, read consistently
const WRITE_UNIT = 1_024 // bytes

const units = (bytes: number, unit: number): number => Math.max(1, Math.ceil(bytes / unit))

/** A catalog that counts the capacity units that DynamoDB would bill for what is asked of it, after the documentation of its on-demand mode. */
export const countingCatalog = (catalog: Catalog) => {
  const sizes = new Map<string, number>()
  const counted = { reads: 0, writes: 0 }
  const nameOf = ({ pk, sk }: CatalogKey) => `${pk} ${sk}`

  /** The larger of before and after; what was refused is billed as well. */
  const writeUnits = (write: CatalogWrite): number => {
    const before = sizes.get(nameOf(write.key)) ?? 0
    const after = write.kind === 'put' ? sizeOf(write.key, write.value) : 0
    return units(Math.max(before, after), WRITE_UNIT)
  }
  const keep = (write: CatalogWrite): void => {
    if (write.kind === 'delete') sizes.delete(nameOf(write.key))
    else sizes.set(nameOf(write.key), sizeOf(write.key, write.value))
  }

  const counting: Catalog = {
    async get<T>(key: CatalogKey) {
      const item = await catalog.get<T>(key)
      counted.reads += units(item ? sizeOf(item, item.value) : 0, READ_UNIT)
      return item
    },
    async write(writes) {
      const each = writes.reduce((sum, write) => sum + writeUnits(write), 0)
      counted.writes += writes.length > 1 ? 2 * each : each
      await catalog.write(writes)
      for (const write of writes) keep(write)
    },
    async query<T>(pk: string, options?: Parameters<Catalog['query']>[1]) {
      const page = await catalog.query<T>(pk, options)
      const bytes = page.items.reduce(
        (sum, item: CatalogItem<T>) => sum + sizeOf(item, item.value),
        0,
      )
      counted.reads += units(bytes, READ_UNIT)
      return page
    },
  }
  return {
    catalog: counting,
    counted,
    /** Bytes of all items. */
    bytes: () => [...sizes.values()].reduce((sum, size) => sum + size, 0),
  }
}
