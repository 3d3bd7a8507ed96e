import type { Images } from '../image/images.ts'
import type { Measured } from '../measure.ts'

/** What is measured, in the order in which it happens to one repository. */
export const STEPS = ['full', 'increment', 'decode', 'restore', 'verify'] as const
export type Step = (typeof STEPS)[number]

export interface Round {
  measured: Record<Step, Measured>
  /** bytes of all objects after the first and after the second backup */
  stored: { full: number; increment: number }
  /** the restored image is the second one, byte by byte */
  equal: boolean
  /** what the program itself told of its two backups */
  told?: { full: Told; increment: Told }
}

export interface Told {
  bytesRead: number
  bytesStored: number
  puts: number
}

/** One backup program on one fresh repository: two backups, two restores of the second, a check of everything. */
export interface Contestant {
  name: string
  version(): Promise<string>
  /** @param folder empty; for the repository, caches and what is restored */
  round(images: Images, folder: string): Promise<Round>
}
