import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const DAY = 86_400_000

/** What each process that is started from now on does before anything else: its clock follows a file. */
const FOLLOW = (file: string) => `
import { readFileSync } from 'node:fs'
const real = Date.now
let offset = 0
const look = () => { try { offset = Number(readFileSync(${JSON.stringify(file)}, 'utf8')) } catch {} }
look()
setInterval(look, 50).unref()
Date.now = () => real() + offset
`

/** The clock of all processes that this test starts, as its machine's: it goes on as ever, and is set forward at will. */
export const movedClock = (folder: string) => {
  const file = join(folder, 'clock')
  const before = process.env.NODE_OPTIONS
  let offset = 0
  const write = () => {
    writeFileSync(`${file}.new`, String(offset))
    renameSync(`${file}.new`, file)
  }
  write()
  const script = `data:text/javascript,${encodeURIComponent(FOLLOW(file))}`
  process.env.NODE_OPTIONS = `${before ?? ''} --import=${script}`
  const now = () => Date.now() + offset
  return {
    now,
    /** To a little before the next time that clocks in UTC show it. */
    moveTo: (time: string) => {
      const [hours = 0, minutes = 0] = time.split(':').map(Number)
      const wanted = (hours * 60 + minutes) * 60_000 - 500
      offset += (((wanted - (now() % DAY)) % DAY) + DAY) % DAY
      write()
    },
    stop: () => {
      if (before === undefined) delete process.env.NODE_OPTIONS
      else process.env.NODE_OPTIONS = before
    },
  }
}
