import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { axeFindings, openConsole, type TestConsole } from '#test/support/browser/console.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'

/*
 * Motivation: a page that somebody cannot read is not there for them.
 * Steps: every page that the menu leads to, light and dark, on a desk and on a telephone.
 * Passes when each has one headline and axe finds nothing. With XENKEEP_SCREENSHOTS=folder, the pictures are written there.
 */

const LOOKS = [
  { name: 'light', colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  { name: 'dark', colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
  { name: 'narrow', colorScheme: 'light', viewport: { width: 400, height: 800 } },
] as const

let machine: Machine
let xenkeep: TestConsole
let links: string[]

beforeAll(async () => {
  machine = await startMachine({
    web: [randomBytes(MiB)],
    db: [randomBytes(MiB), randomBytes(MiB)],
  })
  await machine.backup('web')
  xenkeep = await openConsole(machine)
  const { page, context } = await xenkeep.at('/vms')
  links = await linksOfMenu(page)
  await context.close()
}, 60_000)
afterAll(async () => {
  await xenkeep?.close()
  await machine?.stop()
})

const linksOfMenu = (page: Page): Promise<string[]> =>
  page
    .getByRole('navigation', { name: 'Pages' })
    .getByRole('link')
    .evaluateAll(links => [...new Set(links.map(link => link.getAttribute('href') ?? ''))])

const settled = async (page: Page): Promise<void> => {
  await page.getByRole('heading', { level: 1 }).first().waitFor()
  await expect.poll(() => page.getByText(/^Loading/).count()).toBe(0)
}

const picture = async (page: Page, name: string): Promise<void> => {
  const folder = process.env.XENKEEP_SCREENSHOTS
  if (!folder) return
  await mkdir(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
}

test.for(LOOKS)('every page can be read: $name', async ({ name, ...look }) => {
  const { page, troubles } = await xenkeep.at('/vms', look)
  expect(links.length).toBeGreaterThan(1)
  for (const href of links) {
    await page.goto(href)
    await settled(page)
    expect(await page.getByRole('heading', { level: 1 }).count(), href).toBe(1)
    expect(await axeFindings(page), href).toEqual([])
    await picture(page, `${href.slice(1).replaceAll('/', '-') || 'overview'}-${name}`)
  }
  expect(troubles).toEqual([])
})
