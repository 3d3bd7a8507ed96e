import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  axeFindings,
  openConsole,
  picture,
  type TestConsole,
} from '#test/support/browser/console.ts'
import { type ControlProcess, controlProcess } from '#test/support/control-process.ts'
import { globalTable } from '#test/support/global-table.ts'

/*
 * Motivation: in the night in which a region is lost, somebody opens the console of the other one and takes over, perhaps for the first time.
 * Steps: two control planes in processes of their own, each on its own catalog, with a stand-in for a global table between them; the active one is killed with -9;
 * in the console of the other one the region is taken over by typing its name. What becomes of the lost one: test/e2e/two-regions.test.ts.
 * Passes when the button works for the one that stands by alone, the dialogue tells what happens, and the console says who is active.
 */

const [LOST, LEFT] = ['eu-central-1', 'eu-west-1'] as const

let regions: Record<typeof LOST | typeof LEFT, ControlProcess>
let table: ReturnType<typeof globalTable>
const consoles: TestConsole[] = []

const startOf = (here: string, other: string) =>
  controlProcess({
    control: { region: { here, first: LOST, others: [other] } },
    repository: { address: 'file:/nowhere' },
  })

beforeAll(async () => {
  regions = { [LOST]: startOf(LOST, LEFT), [LEFT]: startOf(LEFT, LOST) }
  const catalogs = Object.values(regions).map(({ directory }) =>
    join(directory, 'control', 'catalog.sqlite'),
  ) as [string, string]
  table = globalTable(catalogs, 150)
  await Promise.all(Object.values(regions).map(region => region.start()))
})
afterAll(async () => {
  await Promise.all(consoles.map(one => one.close()))
  await table?.close()
  for (const region of Object.values(regions ?? {})) await region.dispose()
})

const settingsOf = async (region: ControlProcess) => {
  const xenkeep = await openConsole({
    site: { file: (...parts: string[]) => join(region.directory, ...parts) },
  })
  consoles.push(xenkeep)
  const { page, troubles } = await xenkeep.at('/settings')
  await page.getByRole('heading', { name: 'Region' }).waitFor()
  return { page, troubles, button: page.getByRole('button', { name: 'Take over', exact: true }) }
}

test('the region that is left takes over by its name, and says who is active since when', async () => {
  const active = await settingsOf(regions[LOST])
  await active.button.waitFor()
  expect(await active.button.getAttribute('aria-disabled')).toBe('true')
  await active.page.context().close()
  table.cut()
  await regions[LOST].kill()

  const { page, troubles, button } = await settingsOf(regions[LEFT])
  await button.click()
  const dialog = page.getByRole('dialog', { name: `Take over in ${LEFT}` })
  await dialog.getByText(`${LEFT} becomes the active region in place of ${LOST}`).waitFor()
  const confirm = dialog.getByRole('button', { name: 'Take over' })
  await dialog.getByLabel('To confirm').fill(LOST)
  expect(await confirm.isDisabled()).toBe(true)
  await dialog.getByLabel('To confirm').fill(LEFT)
  await dialog.getByLabel('Why').fill('the <b>first</b> one burns')
  expect(await axeFindings(page)).toEqual([])
  await picture(page, 'take-over')
  await confirm.click()
  await page.getByText('0 open runs go on here.').waitFor()
  await page.getByText(/by owner/).waitFor()
  expect(await button.getAttribute('aria-disabled')).toBe('true')
  expect(await regions[LEFT].person().call('getRegion')).toMatchObject({ active: LEFT })
  expect(await axeFindings(page)).toEqual([])
  expect(troubles).toEqual([])
}, 120_000)
