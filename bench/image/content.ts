import { type SeededRandom, seededRandom } from './random.ts'

/** What files of a guest are made of. */
export const KINDS = ['text', 'program', 'packed'] as const
export type Kind = (typeof KINDS)[number]

const LETTERS =
  'eeeeeeeeeeeetttttttttaaaaaaaaooooooooiiiiiiinnnnnnnsssssshhhhhhrrrrrrddddlllluuucccmmmwwffggyyppbbvk'

/** Pieces that content is put together from, and how much of what comes between them. */
interface Library {
  pieces: readonly Buffer[]
  /** Pieces in use at one place: what repeats, repeats nearby. */
  near: number
  /** bytes that appear nowhere else, behind every piece: at most so many */
  fresh: number
  /** one piece in so many is a stretch of zeros; 0: none */
  zerosEvery: number
}

const library = (
  name: string,
  count: number,
  piece: (random: SeededRandom) => Buffer,
): readonly Buffer[] => {
  const random = seededRandom(name)
  return Array.from({ length: count }, () => piece(random))
}

const word = (random: SeededRandom): string =>
  Array.from({ length: 2 + random.below(8) }, () =>
    LETTERS.charAt(random.below(LETTERS.length)),
  ).join('')

const LIBRARIES: Record<'text' | 'program', Library> = {
  // Prose and logs: phrases, numbers between them.
  text: {
    pieces: library('text', 3_000, random =>
      Buffer.from(`${Array.from({ length: 1 + random.below(3) }, () => word(random)).join(' ')} `),
    ),
    near: 1_500,
    fresh: 2,
    zerosEvery: 0,
  },
  // Machine code, tables and databases: sequences, operands between them, padding.
  program: {
    pieces: library('program', 3_000, random => random.bytes(3 + random.below(22))),
    near: 400,
    fresh: 3,
    zerosEvery: 200,
  },
}

const put = ({ pieces, near, fresh, zerosEvery }: Library, random: SeededRandom, size: number) => {
  const out = Buffer.alloc(size)
  const dice = random.bytes(size)
  let first = 0
  for (let at = 0, n = 0; at < size; n += 8) {
    if (n % 16_384 === 0) first = random.below(pieces.length - near)
    const from = n % Math.max(1, size - 8)
    const die = ((dice[from] ?? 0) * 256 + (dice[from + 1] ?? 0)) / 65_536
    const piece = pieces[first + Math.floor(near * die * die)] as Buffer
    out.set(at + piece.length > size ? piece.subarray(0, size - at) : piece, at)
    at += piece.length
    for (let left = (dice[from + 2] ?? 0) % (fresh + 1); left > 0 && at < size; left--, at++)
      out[at] = dice[(from + 3 + left) % size] ?? 0
    if (zerosEvery > 0 && (dice[from + 3] ?? 0) * zerosEvery < 256)
      at += 16 + 4 * (dice[from + 2] ?? 0)
  }
  return out
}

/** @returns `size` bytes of a kind; the same for the same state of `random` */
export const contentOf = (kind: Kind, random: SeededRandom, size: number): Buffer =>
  kind === 'packed' ? random.bytes(size) : put(LIBRARIES[kind], random, size)
