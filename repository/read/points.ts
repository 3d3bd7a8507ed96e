import { PointClosedError } from '#core/errors/collector.ts'
import { ObjectDamagedError, ObjectNotAuthenticError } from '#core/errors/repository.ts'
import { openObject } from '../crypto/sealed-object.ts'
import type { Engine } from '../engine.ts'
import { FormatError, fromHex } from '../format/bytes.ts'
import { isClosedName, isClosedSize } from '../format/closed-name.ts'
import { type CommitRecord, decodeCommit } from '../format/commit.ts'
import { TYPE } from '../format/kinds.ts'
import { PREFIX, parsePointName } from '../format/names.ts'
import { decodePackTable, type PackRef, type PackTable } from '../format/pack-table.ts'
import type { Point, PointRef } from '../point.ts'
import { learnPacks } from './learn-packs.ts'
import { readRecord } from './record-reader.ts'

export const listPoints = async function* (
  { store, keys, moves }: Engine,
  vmUuid?: string,
): AsyncIterable<PointRef> {
  await moves.tryRefresh({ store, keys })
  const prefix = vmUuid === undefined ? PREFIX.points : `${PREFIX.points}${keys.vmTag(vmUuid)}/`
  for await (const { key, size, modified } of store.list(prefix)) {
    const name = parsePointName(key)
    if (name && !isClosedSize(size)) yield { key, vmTag: name.vmTag, id: name.ulid, size, modified }
  }
}

/** The ids of points that were deleted, or given up before there was one: their names are closed for ever. From the listing alone. */
export const listClosed = async function* ({
  store,
}: Pick<Engine, 'store'>): AsyncIterable<string> {
  for await (const { key, size } of store.list(PREFIX.points)) {
    const name = parsePointName(key)
    if (name && isClosedSize(size)) yield name.ulid
  }
}

/**
 * @returns with the packs that it needs today, as far as we know of rewrites
 * @throws `OBJECT_NOT_FOUND`, `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC`, `POINT_CLOSED`
 */
export const readPoint = async (engine: Engine, key: string): Promise<Point> =>
  engine.moves.resolvePoint(await decodePoint(engine, key, await engine.store.get(key)))

/**
 * With the packs as they stand in the commit record.
 * @param object a commit record, in any version that the store still has
 * @throws `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC`, `POINT_CLOSED`
 */
export const decodePoint = async (
  engine: Engine,
  key: string,
  object: Uint8Array,
): Promise<Point> => {
  const name = parsePointName(key)
  if (!name) throw new ObjectNotAuthenticError(key, 'no commit record has such a name')
  if (isClosedName(object)) throw new PointClosedError(name.ulid)
  const record = await openObject(engine.keys, { key, type: TYPE.commit }, object, decodeCommit)
  const vmTag = engine.keys.vmTag(record.vmUuid)
  if (record.point !== name.ulid || vmTag !== name.vmTag)
    throw new ObjectNotAuthenticError(key, 'it belongs to another point')
  const { packs, parts } = await packTableOf(engine, key, record)
  const usesOf = (part: number) => parts[part] ?? new Map<string, number>()
  return {
    key,
    size: object.length,
    id: record.point,
    vmUuid: record.vmUuid,
    vmTag,
    created: Date.parse(record.created),
    ...(record.base === undefined ? {} : { base: record.base }),
    ...(record.intent === undefined ? {} : { intent: record.intent }),
    disks: record.disks.map(({ id, size, chunkSize, root }, i) => ({
      id,
      size,
      chunkSize,
      rootHash: root,
      packs: usesOf(i),
    })),
    streams: (record.streams ?? []).map(({ root, ...stream }, i) => ({
      ...stream,
      rootHash: root,
      packs: usesOf(record.disks.length + i),
    })),
    packs,
    ...('records' in record.packTable && { tableRecords: record.packTable.records.map(r => r.id) }),
    statistics: record.statistics,
    subject: record.subject,
  }
}

const packTableOf = async (
  engine: Engine,
  key: string,
  { packTable, disks, streams = [], vmUuid, point }: CommitRecord,
): Promise<PackTable> => {
  const parts = disks.length + streams.length
  try {
    if ('inline' in packTable)
      return decodePackTable(Buffer.from(packTable.inline, 'base64'), parts)
    const holders = packTable.records.map(
      ({ pack, size }): PackRef => ({ ulid: pack, kind: 'meta', size }),
    )
    const damaged = await learnPacks(engine, holders)
    const pieces: Uint8Array[] = []
    for (const { id } of packTable.records)
      pieces.push(await readRecord(engine, fromHex(id), key, damaged.values()))
    const table = decodePackTable(Buffer.concat(pieces), parts)
    for (const holder of holders) table.packs.set(holder.ulid, holder)
    return table
  } catch (error) {
    throw error instanceof FormatError
      ? new ObjectDamagedError(key, error.message, { vmUuid, pointId: point })
      : error
  }
}
