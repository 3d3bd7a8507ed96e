import { queryAll } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { Catalog } from '../ports.ts'
import type { RegionRecord, RegionSetup } from './region.ts'
import type { SignOfLife } from './signs-of-life.ts'

/** What the catalog of this region tells of the regions. */
export interface Known {
  record?: { value: RegionRecord; version: number }
  /** The highest epoch that a gateway came with and that was unknown here; 0 where none did. */
  heard: number
  own?: SignOfLife
  /** Of the other regions, by their names. */
  signs: Record<string, SignOfLife>
}

/** One query: all of it lies in one partition. */
export const readKnown = async (
  catalog: Pick<Catalog, 'query'>,
  { here, others }: RegionSetup,
): Promise<Known> => {
  const items = new Map<string, { value: unknown; version: number }>()
  for await (const { sk, value, version } of queryAll(catalog, keys.region().pk))
    items.set(sk, { value, version })
  const signOf = (name: string) =>
    items.get(keys.regionSign(name).sk)?.value as SignOfLife | undefined
  const record = items.get(keys.region().sk) as Known['record']
  const heard = items.get(keys.regionHeard().sk)?.value as { epoch: number } | undefined
  const own = signOf(here)
  const signs: Known['signs'] = {}
  for (const name of others) {
    const sign = signOf(name)
    if (sign) signs[name] = sign
  }
  return { ...(record && { record }), heard: heard?.epoch ?? 0, ...(own && { own }), signs }
}
