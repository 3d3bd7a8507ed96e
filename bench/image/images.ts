import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type Changes, changeImage } from './changes.ts'
import { makeExt4 } from './ext4.ts'

/** Changes with every change of the generator: images of another one are made anew. */
const GENERATOR = 2

export interface Images {
  /** bytes */
  size: number
  files: number
  /** bytes that the first image takes on this disk: the rest is holes */
  allocated: number
  before: string
  after: string
  changes: Omit<Changes, 'bitmap'>
  bitmapFile: string
  /** SHA-256 of both images, in hex: the same everywhere */
  sha256: { before: string; after: string }
}

/**
 * An ext4 image and the same after a day's work, from the cache where they are in it.
 * @param size MiB
 */
export const makeImages = async (cache: string, mebibytes: number): Promise<Images> => {
  const folder = join(cache, `images-${GENERATOR}-${mebibytes}`)
  const facts = join(folder, 'facts.json')
  if (existsSync(facts)) return JSON.parse(readFileSync(facts, 'utf8'))
  const making = `${folder}.making`
  rmSync(making, { recursive: true, force: true })
  // The same file name, in two folders: what differs for a backup program is the content alone.
  for (const version of ['before', 'after']) mkdirSync(join(making, version), { recursive: true })
  const size = mebibytes * 1024 * 1024
  const path = (base: string, version: string) => join(base, version, 'disk.raw')
  const files = makeExt4(path(making, 'before'), size)
  execFileSync('cp', ['--sparse=always', path(making, 'before'), path(making, 'after')])
  const { bitmap, ...changes } = changeImage(path(making, 'after'), size)
  writeFileSync(join(making, 'changed.txt'), bitmap)
  const images: Images = {
    size,
    files,
    allocated: statSync(path(making, 'before')).blocks * 512,
    before: path(folder, 'before'),
    after: path(folder, 'after'),
    changes,
    bitmapFile: join(folder, 'changed.txt'),
    sha256: {
      before: await sha256(path(making, 'before')),
      after: await sha256(path(making, 'after')),
    },
  }
  writeFileSync(join(making, 'facts.json'), JSON.stringify(images, null, 2))
  renameSync(making, folder)
  return images
}

const sha256 = async (file: string): Promise<string> => {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), hash)
  return hash.digest('hex')
}
