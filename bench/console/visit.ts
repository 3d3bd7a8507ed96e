import { gzipSync } from 'node:zlib'
import type { Page, Response } from 'playwright-core'
import type { TestConsole } from '#test/support/browser/console.ts'

export interface Visit {
  /** Files of the console as gzip makes them, bytes. */
  fileBytes: number
  files: number
  /** Answers of the API, bytes, as gzip makes them. */
  answerBytes: number
  answers: number
  /** Until something is painted, ms. */
  painted: number
  /** Until what the page is for is there, ms. */
  there: number
  /** Until then and the end of the last task of more than 50 ms before a pause of two seconds: from here on a click is heard at once. ms */
  usable: number
  /** The longest task, ms; 0 where none took 50 ms. */
  longestTask: number
}

interface Marks {
  painted: number
  there: number
  tasks: { start: number; end: number }[]
}

/** Runs in the page before anything else of it. */
const watch = (selector: string): void => {
  const marks: Marks = { painted: 0, there: 0, tasks: [] }
  Object.assign(globalThis, { marks })
  const {
    document,
    MutationObserver,
    PerformanceObserver: Observer,
  } = globalThis as unknown as {
    document: { querySelector: (selector: string) => unknown }
    MutationObserver: new (heard: () => void) => { observe: (on: unknown, how: object) => void }
    PerformanceObserver: new (
      heard: (list: {
        getEntries: () => { name: string; startTime: number; duration: number }[]
      }) => void,
    ) => { observe: (how: object) => void }
  }
  new Observer(list => {
    for (const { startTime, duration } of list.getEntries())
      marks.tasks.push({ start: startTime, end: startTime + duration })
  }).observe({ type: 'longtask', buffered: true })
  new Observer(list => {
    for (const { name, startTime } of list.getEntries())
      if (name === 'first-contentful-paint') marks.painted = startTime
  }).observe({ type: 'paint', buffered: true })
  new MutationObserver(() => {
    if (marks.there === 0 && document.querySelector(selector)) marks.there = performance.now()
  }).observe(document, { childList: true, subtree: true })
}

const marksOf = (page: Page): Promise<Marks & { now: number }> =>
  page.evaluate(() => ({
    ...(globalThis as unknown as { marks: Marks }).marks,
    now: performance.now(),
  }))

const QUIET_MS = 2_000

/**
 * One cold visit of somebody who has signed in before: an empty cache, one page.
 * @param selector of what the page is for
 * @param slowdown how many times slower the CPU is than that of this machine
 */
export const visitPage = async (
  xenkeep: TestConsole,
  state: Awaited<ReturnType<Awaited<ReturnType<TestConsole['visit']>>['context']['storageState']>>,
  { path, selector, slowdown }: { path: string; selector: string; slowdown: number },
): Promise<Visit> => {
  const { page, context } = await xenkeep.visit({ storageState: state })
  try {
    const devtools = await context.newCDPSession(page)
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: slowdown })
    await page.addInitScript(watch, selector)
    const loads: Promise<{ isAnswer: boolean; bytes: number }>[] = []
    page.on('response', response => loads.push(sizeOf(response)))
    await page.goto(path)
    await page.waitForFunction(() => (globalThis as unknown as { marks: Marks }).marks.there > 0)
    const before = loads.length
    const first = await Promise.all(loads.slice(0, before))
    let marks = await marksOf(page)
    for (;;) {
      const last = Math.max(marks.there, ...marks.tasks.map(({ end }) => end))
      if (marks.now - last > QUIET_MS) break
      await page.waitForTimeout(200)
      marks = await marksOf(page)
    }
    const of = (isAnswer: boolean) => first.filter(one => one.isAnswer === isAnswer)
    const sum = (some: { bytes: number }[]) => some.reduce((all, { bytes }) => all + bytes, 0)
    return {
      ...{ fileBytes: sum(of(false)), files: of(false).length },
      ...{ answerBytes: sum(of(true)), answers: of(true).length },
      ...{ painted: marks.painted, there: marks.there },
      usable: Math.max(marks.there, ...marks.tasks.map(({ end }) => end)),
      longestTask: Math.max(0, ...marks.tasks.map(({ start, end }) => end - start)),
    }
  } finally {
    await context.close()
  }
}

const sizeOf = async (response: Response): Promise<{ isAnswer: boolean; bytes: number }> => ({
  isAnswer: response.url().includes('/v1/'),
  bytes: gzipSync(await response.body().catch(() => Buffer.alloc(0))).length,
})
