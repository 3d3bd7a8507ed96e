import {
  type DescribedDisk,
  type DescribedPoint,
  describePoint,
  disksOf,
} from '#core/points/described-point.ts'
import type { Point, PointRef, PointStream, Repository } from '#repository/index.ts'
import { ulid } from '../commands/arguments.ts'
import { UsageError } from '../errors.ts'
import { quoted } from '../output/safe-text.ts'

type Readable = Pick<Repository, 'points' | 'readPoint' | 'latestPoint'>

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

const READS = 16 // commit records asked for at once

/**
 * @param wanted id of a point, or `latest:` with the exact name or UUID of a VM or image
 * @throws `USAGE` where there is none, or several have the name; damage of the commit record
 */
export const findPoint = async (
  repository: Readable,
  wanted: string,
): Promise<DescribedPoint<Point>> => {
  const name = /^latest:(.+)$/s.exec(wanted)?.[1]
  if (name === undefined) return describePoint(await pointById(repository, wanted))
  const uuid = name.toLowerCase()
  const point = UUID.test(uuid) ? await repository.latestPoint(uuid) : undefined
  return point ? describePoint(point) : newestByName(repository, name)
}

const pointById = async (repository: Readable, text: string): Promise<Point> => {
  const id = ulid(text, 'recovery point', 'xenkeep repo points')
  for await (const ref of repository.points()) if (ref.id === id) return repository.readPoint(ref)
  throw new UsageError(
    `There is no recovery point ${id} in this repository.`,
    '"xenkeep repo points" lists them.',
  )
}

/** A VM is called what its newest point says. */
const newestByName = async (repository: Readable, name: string): Promise<DescribedPoint<Point>> => {
  const newest = new Map<string, PointRef>()
  for await (const ref of repository.points()) newest.set(ref.vmTag, ref)
  const found: DescribedPoint<Point>[] = []
  const left = newest.values()
  const reader = async () => {
    for (const ref of left) {
      const described = describePoint(await repository.readPoint(ref))
      if (described.name === name) found.push(described)
    }
  }
  await Promise.all(Array.from({ length: READS }, reader))
  const [only, ...others] = found
  if (!only)
    throw new UsageError(
      `There is no recovery point of ${quoted(name)} in this repository.`,
      '"xenkeep repo points" lists what is there; names have to match exactly.',
    )
  if (others.length > 0)
    throw new UsageError(
      `${found.length} VMs or images are called ${quoted(name)}: ${found.map(({ point }) => point.vmUuid).join(', ')}.`,
      'Name one by its UUID: latest:UUID.',
    )
  return only
}

/**
 * @param wanted number of the disk on its VM, or its id; may be left out where there is only one
 * @throws `USAGE`
 */
export const findDisk = (described: DescribedPoint, wanted: string | undefined): DescribedDisk => {
  const disks = disksOf(described)
  const found =
    wanted === undefined
      ? disks
      : disks.filter(({ id, device }) => id === wanted || device === wanted)
  const [disk] = found
  if (disk && found.length === 1) return disk
  const list = disks.map(({ device, name }) => `${device} ${quoted(name)}`).join(', ')
  const { id, streams = [] } = described.point
  if (disks.length === 0)
    throw new UsageError(
      `The point ${id} has no disk.`,
      streams.length > 0
        ? `It has streams: ${listed(streams)}. Choose one with --stream.`
        : undefined,
    )
  throw new UsageError(
    wanted === undefined
      ? `The point ${described.point.id} has ${disks.length} disks: ${list}.`
      : `The point ${described.point.id} has no disk ${quoted(wanted)}; it has: ${list}.`,
    'Choose one with --disk.',
  )
}

/** @throws `USAGE` */
export const findStream = (point: Point, wanted: string): PointStream => {
  const { streams } = point
  const found = streams.find(({ id }) => id === wanted)
  if (found) return found
  throw new UsageError(
    `The point ${point.id} has no stream ${quoted(wanted)}.`,
    streams.length > 0 ? `It has: ${listed(streams)}.` : 'It has no streams.',
  )
}

const LISTED = 20

const listed = (streams: readonly { id: string }[]): string =>
  [
    ...streams.slice(0, LISTED).map(({ id }) => quoted(id)),
    ...(streams.length > LISTED ? [`and ${streams.length - LISTED} more`] : []),
  ].join(', ')

/** All disks, or the one that is named. */
export const wantedDisks = (described: DescribedPoint, one: DescribedDisk | undefined) =>
  one ? [one] : disksOf(described)
