import { queryAll, writeInBatches } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { PointSummary } from '../contracts/points.ts'
import { SiteDocument } from '../contracts/site-plan-recall.ts'
import { SitePlanUnfitError } from '../errors/sites.ts'
import { SITE_DOCUMENT } from '../points/site-subject.ts'
import type { Catalog } from '../ports.ts'

/** Which of several that were told counts, and in how many pieces. */
interface ToldRef {
  listId: string
  pages: number
}

/** Keeps a piece of what a gateway read in the repository; told again, it takes the place of the one before. */
export const keepToldPiece = (
  catalog: Catalog,
  pointId: string,
  { listId, page, text }: { listId: string; page: number; text: string },
): Promise<void> =>
  catalog.write([
    { kind: 'put', key: keys.toldPlan(pointId, listId, page), value: { text }, expect: 'any' },
  ])

/**
 * Takes over what was told of a site point, from its pieces: from then on it counts as what its run would say.
 * @param rootHash of the stream that it was read from
 * @throws `SITE_PLAN_UNFIT` where it is not what the point names; nothing is taken over then
 */
export const acceptToldPlan = async (
  catalog: Catalog,
  point: PointSummary,
  { rootHash, ...ref }: ToldRef & { rootHash: string },
): Promise<SiteDocument> => {
  const { pointId, contents = [] } = point
  const named = contents.find(({ name }) => name === SITE_DOCUMENT)
  if (named?.rootHash !== rootHash)
    throw new SitePlanUnfitError(pointId, 'it is another document than the one of the point')
  const text = await textOf(catalog, pointId, ref)
  const document = text === undefined ? undefined : parsed(pointId, text)
  if (!document) throw new SitePlanUnfitError(pointId, 'a piece of it did not arrive')
  guardOfPoint(point, document)
  await catalog.write([{ kind: 'put', key: keys.toldPlanRef(pointId), value: ref, expect: 'any' }])
  return document
}

/** @returns what was told of a site point; `undefined` where nobody did, or not all of it is there */
export const readToldPlan = async (
  catalog: Catalog,
  pointId: string,
): Promise<SiteDocument | undefined> => {
  const ref = (await catalog.get<ToldRef>(keys.toldPlanRef(pointId)))?.value
  const text = ref && (await textOf(catalog, pointId, ref))
  return text === undefined ? undefined : (JSON.parse(text) as SiteDocument)
}

/** Takes away what was told of a site point that is gone. */
export const removeToldPlan = async (catalog: Catalog, pointId: string): Promise<void> => {
  const { pk } = keys.toldPlanRef(pointId)
  const items = await Array.fromAsync(queryAll(catalog, pk, { page: 4 }))
  await writeInBatches(
    catalog,
    items.map(({ sk }) => ({ kind: 'delete', key: { pk, sk }, expect: 'any' })),
  )
}

const textOf = async (
  catalog: Catalog,
  pointId: string,
  { listId, pages }: ToldRef,
): Promise<string | undefined> => {
  const pieces: string[] = []
  for (let page = 1; page <= pages; page++) {
    const piece = await catalog.get<{ text: string }>(keys.toldPlan(pointId, listId, page))
    if (!piece) return undefined
    pieces.push(piece.value.text)
  }
  return pieces.join('')
}

const parsed = (pointId: string, text: string): SiteDocument => {
  try {
    return SiteDocument.parse(JSON.parse(text))
  } catch (cause) {
    throw new SitePlanUnfitError(pointId, 'this version does not understand it', cause)
  }
}

/** It has to be of this point, and to say what the point's own record says. */
const guardOfPoint = ({ pointId, site }: PointSummary, document: SiteDocument): void => {
  const { siteId, runId, record, graph } = document
  const isOfPoint = document.pointId === pointId && site?.siteId === siteId && site.runId === runId
  if (!isOfPoint) throw new SitePlanUnfitError(pointId, 'it is of another site point')
  const saved = record.members.filter(({ point }) => point !== undefined).length
  if (saved !== site.members || record.state !== site.state)
    throw new SitePlanUnfitError(pointId, 'it tells of other members than the point')
  const tasks = new Set(graph.tasks.map(({ id }) => id))
  if (record.members.some(({ taskId }) => !tasks.has(taskId)))
    throw new SitePlanUnfitError(pointId, 'it tells of members that no task of it saves')
}
