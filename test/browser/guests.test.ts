import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  axeFindings,
  openConsole,
  picture,
  type TestConsole,
} from '#test/support/browser/console.ts'
import { keyboardOf } from '#test/support/browser/keyboard.ts'
import { type GuestOfMachine, guestOf } from '#test/support/guest-of-machine.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'

/*
 * Motivation: whoever looks after machines with an agent inside enrols them, sees which are silent or may not do what they should, saves and restores what they hold, and
 * has to be told of each recipe whether it was ever run on the real thing.
 * Steps: a real agent in guest mode; a code with its commands is made; the list is searched; a component is saved, damaged and restored from its page, into a folder and to
 * where it was; a drill is read and told; the guest is revoked by typing its name.
 * Passes when the folder of the guest holds again what was saved, each label is the one of the command line, and the API knows the guest no more.
 */

let machine: Machine
let xenkeep: TestConsole
let guest: GuestOfMachine

beforeAll(async () => {
  machine = await startMachine({ web: [randomBytes(MiB)] })
  const vmUuid = machine.pool.vms.web ?? ''
  guest = await guestOf(machine, { name: 'files "1"', vmUuid, recipes: { 'sql-server': {} } })
  xenkeep = await openConsole(machine)
})
afterAll(async () => {
  await xenkeep?.close()
  await guest?.stop()
  await machine?.stop()
})

const guestsPage = (page: Page) => ({
  says: (text: string | RegExp) => page.getByText(text).first().waitFor(),
  press: (name: string | RegExp) => page.getByRole('button', { name }).first().click(),
  dialog: (name: string | RegExp) => page.getByRole('dialog', { name }),
  async choose(component: string, action: string) {
    await page.getByRole('button', { name: `Actions for ${component}`, exact: true }).click()
    await page.getByRole('menuitem', { name: action }).click()
  },
  headed: (name: string) => page.getByRole('heading', { level: 1, name }).waitFor(),
})

test('a guest is enrolled by a code, with the commands for its system', async () => {
  const { page, troubles, context } = await xenkeep.at('/guests')
  const { dialog, press } = guestsPage(page)
  await page.getByRole('rowheader', { name: 'files "1"' }).waitFor()
  await press('Enrol a guest')
  const form = dialog('Enrol a guest')
  await form.getByLabel('VM that it runs in').fill('web')
  await page.getByRole('option', { name: /Simulated pool/ }).click()
  await form.getByLabel('Name').fill("it's new")
  expect(await axeFindings(page)).toEqual([])
  await form.getByRole('button', { name: 'Make the code' }).click()
  await form.getByText(/It works until/).waitFor()
  const commands = () => form.locator('pre:visible').allInnerTexts()
  const [settings = '', enrolment = ''] = await commands()
  expect(settings).toContain(`--name 'it'\\''s new' --control '${xenkeep.url}'`)
  expect(settings).toContain(machine.site.address)
  const code = /printf %s '([A-Z0-9-]+)'/.exec(enrolment)?.[1]
  await form
    .getByText(code ?? '', { exact: true })
    .first()
    .waitFor()
  await form.getByRole('tab', { name: 'Windows' }).click()
  await form.getByText('This was not run on Windows by the makers of XenKeep.').waitFor()
  expect((await commands()).join('\n')).toContain(`enrolment-code' '${code}'`)
  expect(await axeFindings(page)).toEqual([])
  await picture(page, 'guest-enrol')
  expect(troubles).toEqual([])
  await context.close()
})

test('guests are found by name, and who is called otherwise is not', async () => {
  const { page, troubles, context } = await xenkeep.at('/guests')
  const { says } = guestsPage(page)
  const row = page.getByRole('rowheader', { name: 'files "1"' })
  await row.waitFor()
  await says('tested')
  await says('not run on Windows')
  expect(await axeFindings(page)).toEqual([])
  await picture(page, 'guests')
  const search = page.getByRole('searchbox', { name: 'Search by name, machine or VM' })
  await search.fill('nobody')
  await says('Nothing matches')
  await page.getByRole('button', { name: 'Clear the filters' }).click()
  await row.waitFor()
  await search.fill('WEB')
  await page.waitForURL(/search=WEB/)
  await row.waitFor()
  expect(troubles).toEqual([])
  await context.close()
})

test('a component is saved, and comes back into a folder and to where it was', async () => {
  const { page, troubles, context } = await xenkeep.at('/guests')
  const { says, press, choose, dialog, headed } = guestsPage(page)
  await page.getByRole('link', { name: 'files "1"' }).click()
  await headed('files "1"')
  await page
    .getByRole('table', { name: 'Components' })
    .getByText('sql-server', { exact: true })
    .waitFor()
  await says('This component has no recovery point yet')

  await choose('files', 'Back up now')
  const how = dialog('Back up files of files "1" now')
  await how.getByLabel('Lock the point for days').fill('0')
  await says('A whole number of days from 1 to 36,500.')
  await how.getByLabel('Lock the point for days').fill('')
  expect(await axeFindings(page)).toEqual([])
  await how.getByRole('button', { name: 'Start the backup' }).click()
  await says('The backup of the component was started.')
  const restore = page.getByRole('link', { name: /^Restore the point of/ })
  await restore.waitFor()
  expect(await axeFindings(page)).toEqual([])
  await picture(page, 'guest')

  const minutes = join(guest.tree, 'minutes.txt')
  await writeFile(minutes, 'spoiled')
  await restore.click()
  await headed('Restore files')
  expect(await axeFindings(page)).toEqual([])
  await press('Start the restore')
  await page.waitForURL(/\/runs\/\w+$/)
  const runOf = () => new URL(page.url()).pathname.split('/').pop() ?? ''
  const { jobs } = await machine.finished(runOf())
  const outcome = jobs[0]?.outcome
  expect(outcome).toMatchObject({ status: 'component-restored' })
  expect(await readFile(minutes, 'utf8')).toBe('spoiled')

  await page.goBack()
  await headed('Restore files')
  await page.getByLabel('Where it was, by the steps of the recipe').check()
  await says('writes the saved files of one folder back')
  expect(await axeFindings(page)).toEqual([])
  await picture(page, 'guest-restore')
  const before = page.url()
  await press('Start the restore')
  await page.waitForURL(url => String(url) !== before)
  expect((await machine.finished(runOf())).run.state).toBe('succeeded')
  expect(await readFile(minutes, 'utf8')).toBe('what was agreed\n')
  expect(troubles).toEqual([])
  await context.close()
})

test('a drill is read and told by the keyboard, and the label says so', async () => {
  const { page, troubles, context } = await xenkeep.at(`/guests/${guest.guestUuid}`)
  const { says, dialog } = guestsPage(page)
  const { use, take, press, typeInto } = keyboardOf(page)
  const actions = page.getByRole('button', { name: 'Actions for sql-server' })
  await actions.waitFor()
  await use(actions)
  await take(page.getByRole('menuitem', { name: 'Read the drill' }))
  const drill = dialog('Drill of sql-server')
  await drill.getByText(/not run on Windows/).waitFor()
  await drill.getByRole('listitem').first().waitFor()
  expect(await axeFindings(page)).toEqual([])
  await picture(page, 'guest-drill')
  await press('Escape')

  await use(actions)
  await take(page.getByRole('menuitem', { name: 'Tell of a drill' }))
  const tell = dialog(/The drill of sql-server held on/)
  await typeInto(tell.getByLabel('What was done and seen'), 'restored to SQL9, all 3 databases')
  await use(tell.getByRole('button', { name: 'Tell it' }))
  await says(/The recipe sql-server is drilled on \d{4}-\d\d-\d\d on this guest\./)
  await page
    .getByRole('table', { name: 'Components' })
    .getByText(/^drilled on/)
    .waitFor()
  const { drills } = await machine.person.call('getGuest', {
    params: { guestUuid: guest.guestUuid },
  })
  expect(drills).toMatchObject([
    { recipe: 'sql-server', note: 'restored to SQL9, all 3 databases' },
  ])
  expect(troubles).toEqual([])
  await context.close()
})

test('who may only look is told what each deed takes', async () => {
  const { page, troubles, context } = await xenkeep.at('/guests')
  await page.route('**/v1/caller', route =>
    route.fulfill({ json: { name: 'ann', role: 'viewer' } }),
  )
  await page.reload()
  const enrol = page.getByRole('button', { name: 'Enrol a guest' })
  await enrol.waitFor()
  expect(await enrol.getAttribute('aria-disabled')).toBe('true')
  await page.getByRole('link', { name: 'files "1"' }).click()
  await page.getByRole('button', { name: 'Actions for files', exact: true }).click()
  for (const deed of ['Back up now', 'Restore the newest point'])
    expect(await page.getByRole('menuitem', { name: deed }).getAttribute('aria-disabled')).toBe(
      'true',
    )
  await page.keyboard.press('Escape')
  await page.getByRole('link', { name: /^Restore the point of/ }).click()
  await page.getByText('it takes the role operator').waitFor()
  expect(troubles).toEqual([])
  await context.close()
})

test('a guest is revoked by typing its name', async () => {
  const { page, troubles, context } = await xenkeep.at(`/guests/${guest.guestUuid}`)
  const { says, dialog } = guestsPage(page)
  await page.getByRole('button', { name: 'Actions for files "1"' }).click()
  await page.getByRole('menuitem', { name: 'Revoke' }).click()
  const revoke = dialog('Revoke files "1"')
  const button = revoke.getByRole('button', { name: 'Revoke' })
  await revoke.getByLabel('To confirm').fill('files')
  expect(await button.isDisabled()).toBe(true)
  await revoke.getByLabel('To confirm').fill('files "1"')
  expect(await axeFindings(page)).toEqual([])
  await button.click()
  await says('The agent in files "1" is revoked. It held no job.')
  await says('No guest has an agent')
  expect(await axeFindings(page)).toEqual([])
  expect((await machine.person.call('listGuests')).items).toEqual([])
  expect(troubles).toEqual([])
  await context.close()
})
