import type { Readable } from 'node:stream'
import { type Entry, readEntries } from './answers.ts'
import { GuestReaderFailedError } from './errors.ts'

/** Of a folder, however many entries it has: the first by name, in memory for twice as many at most. */
export interface FirstByName {
  /** In the order of UTF-16. */
  entries: Entry[]
  /** How many there are. */
  total: number
  /** The list came to its end. */
  whole: boolean
}

/** Characters of a path: PATH_MAX and NAME_MAX of Linux, which are bytes. Only a kernel that was taken over says more, to fill the memory. */
const LONGEST = 4_096 + 256

/** @throws `GUEST_READER_FAILED` */
export const firstByName = async (data: Readable, most: number): Promise<FirstByName> => {
  let entries: Entry[] = []
  let total = 0
  const sift = () => {
    entries = entries.sort((a, b) => (a.path < b.path ? -1 : 1)).slice(0, most)
  }
  const whole = await readEntries(data, entry => {
    if (entry.path.length > LONGEST || (entry.target ?? '').length > LONGEST)
      throw new GuestReaderFailedError('what it says cannot be understood')
    total++
    entries.push(entry)
    if (entries.length >= 2 * most) sift()
  })
  sift()
  return { entries, total, whole }
}
