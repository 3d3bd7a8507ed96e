import { isConflict, queryAll } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { SiteDefinition } from '../contracts/site.ts'
import { SiteChangedError, SiteNameTakenError, SiteNotFoundError } from '../errors/sites.ts'
import type { Catalog, CatalogItem, CatalogWrite } from '../ports.ts'

/** A site as the catalog keeps it. A deleted one stays, for its points. */
export interface StoredSite {
  siteId: string
  site: SiteDefinition
  /** As it was written, with its comments. */
  text?: string
  /** Who saved it last, and when (ms since 1970). */
  changed: number
  changedBy: string
  deleted?: { at: number; by: string }
}

/** By whom and when (ms since 1970) something is changed. */
interface Change {
  by: string
  at: number
  /** How the definition was written. */
  text?: string | undefined
}

/** What is written in one piece with a site as it will be. */
type Beside = (item: CatalogItem<StoredSite>) => readonly CatalogWrite[]

/** @throws `SITE_NAME_TAKEN` */
export const createSite = async (
  catalog: Catalog,
  siteId: string,
  site: SiteDefinition,
  { by, at, text }: Change,
  beside: Beside = () => [],
): Promise<CatalogItem<StoredSite>> => {
  const written = text !== undefined && { text }
  const value: StoredSite = { siteId, site, ...written, changed: at, changedBy: by }
  const made = { ...keys.site(siteId), version: 1, value }
  await writeNamed(catalog, site.name, [
    { kind: 'put', key: keys.site(siteId), value, expect: 'absent' },
    nameWrite(site.name, siteId),
    ...beside(made),
  ])
  return made
}

/**
 * Replaces a definition as a whole.
 * @param before what was read and found good to be replaced: it, and no other state, is what the write replaces
 * @throws `SITE_CHANGED`, `SITE_NAME_TAKEN`
 */
export const replaceSite = async (
  catalog: Catalog,
  before: CatalogItem<StoredSite>,
  site: SiteDefinition,
  { by, at, text }: Change,
  beside: Beside = () => [],
): Promise<CatalogItem<StoredSite>> => {
  const { version } = before
  const { siteId } = before.value
  const written = text !== undefined && { text }
  const value: StoredSite = { siteId, site, ...written, changed: at, changedBy: by }
  const saved = { ...before, version: version + 1, value }
  const former = before.value.site.name
  const renamed = foldName(former) !== foldName(site.name)
  await writeNamed(
    catalog,
    site.name,
    [
      { kind: 'put', key: keys.site(siteId), value, expect: { version } },
      ...(renamed ? [nameWrite(site.name, siteId), nameRemoval(former)] : []),
      ...beside(saved),
    ],
    before,
  )
  return saved
}

/**
 * Ends a site: no policy backs it up any more. Its record and its points stay.
 * @throws `SITE_NOT_FOUND`, `SITE_CHANGED`
 */
export const deleteSite = async (
  catalog: Catalog,
  before: CatalogItem<StoredSite>,
  { by, at }: Change,
  beside: Beside = () => [],
): Promise<void> => {
  const { version } = before
  const { siteId, site } = before.value
  const value: StoredSite = { ...before.value, deleted: { at, by } }
  await writeNamed(
    catalog,
    site.name,
    [
      { kind: 'put', key: keys.site(siteId), value, expect: { version } },
      nameRemoval(site.name),
      ...beside({ ...before, version: version + 1, value }),
    ],
    before,
  )
}

/** @throws `SITE_NOT_FOUND` also of one that was deleted, unless those are asked for */
export const readSite = async (
  catalog: Catalog,
  siteId: string,
  { deleted = false }: { deleted?: boolean } = {},
): Promise<CatalogItem<StoredSite>> => {
  const item = await catalog.get<StoredSite>(keys.site(siteId))
  if (!item || (item.value.deleted && !deleted)) throw new SiteNotFoundError(siteId)
  return item
}

/**
 * @param version of the one that a change was made from
 * @throws `SITE_NOT_FOUND`, `SITE_CHANGED`
 */
export const readSiteAt = async (
  catalog: Catalog,
  siteId: string,
  version: number,
): Promise<CatalogItem<StoredSite>> => {
  const item = await readSite(catalog, siteId)
  if (item.version !== version) throw changed(item)
  return item
}

/** All sites by age, those that were deleted left out unless asked for. */
export const readSites = async (
  catalog: Pick<Catalog, 'query'>,
  { deleted = false }: { deleted?: boolean } = {},
): Promise<CatalogItem<StoredSite>[]> =>
  (await Array.fromAsync(queryAll<StoredSite>(catalog, keys.site('').pk))).filter(
    item => deleted || !item.value.deleted,
  )

/** The site that a selector means: by its id, or by its name, capitals or not. */
export const siteNamed = <T extends { value: Pick<StoredSite, 'siteId' | 'site'> }>(
  sites: readonly T[],
  wanted: string,
): T | undefined =>
  sites.find(
    ({ value }) =>
      value.siteId === wanted.toUpperCase() || foldName(value.site.name) === foldName(wanted),
  )

const changed = ({ value }: CatalogItem<StoredSite>) =>
  new SiteChangedError(value.site.name, value.changedBy)

/** Tells who stood in the way of a write: another site of that name, or another writer of this site. */
const writeNamed = async (
  catalog: Catalog,
  name: string,
  writes: readonly CatalogWrite[],
  before?: CatalogItem<StoredSite>,
): Promise<void> => {
  try {
    await catalog.write(writes)
  } catch (error) {
    if (!isConflict(error)) throw error
    const now = before && (await catalog.get<StoredSite>(keys.site(before.value.siteId)))
    if (now && now.version !== before.version) throw changed(now)
    const owner = await catalog.get<{ siteId: string }>(keys.siteName(foldName(name)))
    if (owner && owner.value.siteId !== before?.value.siteId) throw new SiteNameTakenError(name)
    throw error
  }
}

/** Two names are the same for people who read them aloud. */
const foldName = (name: string): string => name.trim().normalize('NFC').toLowerCase()

const nameWrite = (name: string, siteId: string): CatalogWrite => ({
  kind: 'put',
  key: keys.siteName(foldName(name)),
  value: { siteId },
  expect: 'absent',
})

const nameRemoval = (name: string): CatalogWrite => ({
  kind: 'delete',
  key: keys.siteName(foldName(name)),
  expect: 'any',
})
