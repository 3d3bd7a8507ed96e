import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { contentOf, type Kind } from './content.ts'
import { type SeededRandom, seededRandom } from './random.ts'

const KiB = 1024
const MiB = 1024 * KiB

/** Share of all bytes, and the sizes of files: most near `typical`, few up to `largest`. */
const MIX: readonly { kind: Kind; share: number; typical: number; largest: number }[] = [
  { kind: 'text', share: 0.38, typical: 24 * KiB, largest: 4 * MiB },
  { kind: 'program', share: 0.42, typical: 160 * KiB, largest: 32 * MiB },
  { kind: 'packed', share: 0.2, typical: 400 * KiB, largest: 64 * MiB },
]

/** One file in so many is a copy of the one before. */
const COPY_EVERY = 50

const FILES_PER_FOLDER = 200
const SPARSE = { every: 2_000, size: 24 * MiB, island: 256 * KiB } // files, bytes, bytes
const TIME = new Date('2026-01-01T00:00:00Z')

/**
 * A tree of files as a guest has them, always the same for the same number of bytes.
 * @param bytes of content, about
 * @returns how many files there are
 */
export const writeTree = (folder: string, bytes: number): number => {
  const random = seededRandom('tree')
  const folders: string[] = []
  let files = 0
  const nextPath = () => {
    if (files % FILES_PER_FOLDER === 0) {
      const path = join(folder, `d${String(folders.length).padStart(4, '0')}`)
      mkdirSync(path)
      folders.push(path)
    }
    return join(folders.at(-1) as string, `f${String(files++).padStart(6, '0')}`)
  }
  const left = MIX.map(({ share }) => share * bytes)
  while (left.some(rest => rest > 0)) {
    const which = pick(random, left)
    const { kind, typical, largest } = MIX[which] as (typeof MIX)[number]
    const size = Math.min(
      largest,
      Math.ceil(typical * 2 ** (4 * (random.unit() + random.unit() - 1))),
    )
    const content = contentOf(kind, random, size)
    write(nextPath(), content)
    left[which] = (left[which] as number) - size
    if (files % COPY_EVERY === 0) write(nextPath(), content)
    if (files % SPARSE.every === 0) writeIslands(nextPath(), random)
  }
  for (const path of [...folders, folder]) utimesSync(path, TIME, TIME)
  return files
}

/** @returns an index, by the size of what is left there */
const pick = (random: SeededRandom, left: readonly number[]): number => {
  let at = random.unit() * left.reduce((sum, rest) => sum + Math.max(0, rest), 0)
  for (const [index, rest] of left.entries()) {
    at -= Math.max(0, rest)
    if (at < 0) return index
  }
  return left.findIndex(rest => rest > 0)
}

const write = (path: string, content: Uint8Array): void => {
  writeFileSync(path, content)
  utimesSync(path, TIME, TIME)
}

/** A sparse file: a quarter of it is there. */
const writeIslands = (path: string, random: SeededRandom): void => {
  const file = openSync(path, 'w')
  for (let at = 0; at < SPARSE.size; at += 4 * SPARSE.island)
    writeSync(file, contentOf('program', random, SPARSE.island), 0, SPARSE.island, at)
  ftruncateSync(file, SPARSE.size)
  closeSync(file)
  utimesSync(path, TIME, TIME)
}
