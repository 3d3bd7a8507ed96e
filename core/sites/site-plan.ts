import { queryAll, writeInBatches } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { SiteDefinition } from '../contracts/site.ts'
import type { SiteGraph } from '../contracts/site-graph.ts'
import type { Catalog } from '../ports.ts'

/** What a run of a site goes by: as things stood when it was planned. */
export interface SitePlan {
  siteId: string
  definition: SiteDefinition
  graph: SiteGraph
}

/** Named by its run: which of several that were written counts, and in how many pieces. */
export interface SitePlanRef {
  siteId: string
  name: string
  listId: string
  pages: number
  /** Of a run that does again what failed in others: those, oldest first. What they saved belongs to its site point. */
  takesFrom?: readonly string[]
}

/** One item of the catalog takes 390 KB; characters, each a byte. */
const PAGE_LENGTH = 300_000

interface Head {
  definition: SiteDefinition
}
interface Piece {
  text: string
}

/** Writes a plan: the definition first, then the text of its tasks. Nobody looks at it before the run names it. */
export const writeSitePlan = async (
  catalog: Catalog,
  runId: string,
  listId: string,
  { siteId, definition, graph }: SitePlan,
): Promise<SitePlanRef> => {
  const text = asciiJson(graph)
  const pieces = Array.from({ length: Math.ceil(text.length / PAGE_LENGTH) }, (_, index) =>
    text.slice(index * PAGE_LENGTH, (index + 1) * PAGE_LENGTH),
  )
  const values: (Head | Piece)[] = [{ definition }, ...pieces.map(piece => ({ text: piece }))]
  for (const [index, value] of values.entries())
    await catalog.write([
      { kind: 'put', key: keys.sitePlan(runId, listId, index), value, expect: 'any' },
    ])
  return { siteId, name: definition.name, listId, pages: pieces.length }
}

/** Cut anywhere, each piece is whole characters: a name may hold any. */
export const asciiJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[\u0080-\uffff]/g,
    unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

/** @returns the definition; `undefined` where it is not there (any more) */
export const readSitePlanHead = async (
  catalog: Catalog,
  runId: string,
  { listId }: SitePlanRef,
): Promise<SiteDefinition | undefined> =>
  (await catalog.get<Head>(keys.sitePlan(runId, listId, 0)))?.value.definition

/** @param page from 1 @returns a piece of the text of the tasks */
export const readSitePlanPiece = async (
  catalog: Catalog,
  runId: string,
  { listId }: SitePlanRef,
  page: number,
): Promise<string | undefined> =>
  (await catalog.get<Piece>(keys.sitePlan(runId, listId, page)))?.value.text

/** @returns `undefined` where not all of it is there */
export const readSitePlan = async (
  catalog: Catalog,
  runId: string,
  ref: SitePlanRef,
): Promise<SitePlan | undefined> => {
  const definition = await readSitePlanHead(catalog, runId, ref)
  const pieces: string[] = []
  for (let page = 1; page <= ref.pages; page++) {
    const piece = await readSitePlanPiece(catalog, runId, ref, page)
    if (piece === undefined) return undefined
    pieces.push(piece)
  }
  if (!definition) return undefined
  return { siteId: ref.siteId, definition, graph: JSON.parse(pieces.join('')) as SiteGraph }
}

/** Removes one that no run names. */
export const removeSitePlan = async (
  catalog: Catalog,
  runId: string,
  { listId }: SitePlanRef,
): Promise<void> => {
  const { pk } = keys.sitePlan(runId, listId, 0)
  const items = await Array.fromAsync(queryAll(catalog, pk, { prefix: `${listId}#`, page: 4 }))
  await writeInBatches(
    catalog,
    items.map(item => ({ kind: 'delete', key: { pk, sk: item.sk }, expect: 'any' })),
  )
}
