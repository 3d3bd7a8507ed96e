import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs'
import { contentOf, KINDS } from './content.ts'
import { type SeededRandom, seededRandom } from './random.ts'

const PAGE = 4096 // bytes: what a file system writes at least
const BLOCK = 64 * 1024 // bytes: what changed-block tracking marks
const CHUNK = 1024 * 1024 // bytes: what a point stores at least
const ZEROS = Buffer.alloc(CHUNK)

/**
 * How a day's work of a guest lies on its disk: one chunk in eight is touched. In some all is new (files written, logs), in most
 * a few pages here and there (databases, metadata, small files). Makes 3 % of the pages.
 */
const TOUCHED = 0.12
const WHOLE = 1 / 6 // of the touched chunks
const FREE = 0.1 // of the touched chunks were empty
const SCATTERED = { blocks: 8, pages: 3 } // in each of the others: blocks, and pages in a block (1 to twice as many)

export interface Changes {
  /** base64, one bit per 64 KiB, most significant bit first */
  bitmap: string
  pages: number
  blocks: number
  chunks: number
}

/**
 * Writes into an image as a guest would, always the same for the same image.
 * @param size bytes, a multiple of 1 MiB
 */
export const changeImage = (image: string, size: number): Changes => {
  const random = seededRandom('changes')
  const file = openSync(image, 'r+')
  try {
    const marked = Buffer.alloc(Math.ceil(size / BLOCK / 8))
    const pages = new Set<number>()
    const chunks = touchedChunks(file, size, random)
    for (const chunk of chunks)
      for (const page of pagesIn(random)) pages.add(chunk * (CHUNK / PAGE) + page)
    for (const run of runsOf([...pages].sort((a, b) => a - b))) {
      const kind = KINDS[random.below(KINDS.length)] as (typeof KINDS)[number]
      writeSync(
        file,
        contentOf(kind, random, run.length * PAGE),
        0,
        run.length * PAGE,
        run.first * PAGE,
      )
    }
    for (const page of pages) {
      const block = Math.floor((page * PAGE) / BLOCK)
      marked[block >> 3] = (marked[block >> 3] as number) | (0x80 >> (block & 7))
    }
    fsyncSync(file)
    const blocks = new Set([...pages].map(page => Math.floor((page * PAGE) / BLOCK))).size
    return { bitmap: marked.toString('base64'), pages: pages.size, blocks, chunks: chunks.length }
  } finally {
    closeSync(file)
  }
}

const touchedChunks = (file: number, size: number, random: SeededRandom): number[] => {
  const buffer = Buffer.alloc(CHUNK)
  const [used, free]: [number[], number[]] = [[], []]
  for (let chunk = 0; chunk < size / CHUNK; chunk++) {
    readSync(file, buffer, 0, CHUNK, chunk * CHUNK)
    ;(buffer.equals(ZEROS) ? free : used).push(chunk)
  }
  const wanted = Math.round((size / CHUNK) * TOUCHED)
  const fromFree = Math.min(free.length, Math.round(wanted * FREE))
  return [...draw(random, used, wanted - fromFree), ...draw(random, free, fromFree)]
}

const draw = (random: SeededRandom, from: number[], count: number): number[] =>
  Array.from({ length: Math.min(count, from.length) }, () =>
    from.splice(random.below(from.length), 1).at(0),
  ).filter(chunk => chunk !== undefined)

/** @returns numbers of the pages that are written in one chunk */
const pagesIn = (random: SeededRandom): number[] => {
  if (random.unit() < WHOLE) return Array.from({ length: CHUNK / PAGE }, (_, page) => page)
  const perBlock = BLOCK / PAGE
  const all = Array.from({ length: CHUNK / BLOCK }, (_, block) => block)
  return draw(random, all, SCATTERED.blocks).flatMap(block => {
    const count = 1 + random.below(2 * SCATTERED.pages)
    const first = random.below(perBlock - count)
    return Array.from({ length: count }, (_, page) => block * perBlock + first + page)
  })
}

const runsOf = (pages: readonly number[]): { first: number; length: number }[] => {
  const runs: { first: number; length: number }[] = []
  for (const page of pages) {
    const last = runs.at(-1)
    if (last && last.first + last.length === page) last.length++
    else runs.push({ first: page, length: 1 })
  }
  return runs
}
