import { randomBytes } from 'node:crypto'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  axeFindings,
  openConsole,
  picture,
  type TestConsole,
} from '#test/support/browser/console.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'

/*
 * Motivation: who may read the disks of a pool is decided here, and a stolen gateway has to be out within a click or two.
 * Steps: a code for a new gateway is made; the one there is makes itself a new key and gets another name; it is revoked by typing its name.
 * Passes when the API refuses the gateway then, and each step told what it did.
 */

let machine: Machine
let xenkeep: TestConsole

beforeAll(async () => {
  machine = await startMachine({ web: [randomBytes(MiB)] })
  xenkeep = await openConsole(machine)
})
afterAll(async () => {
  await xenkeep?.close()
  await machine?.stop()
})

const gatewaysPage = (page: Page) => ({
  async choose(gateway: string, action: string) {
    await page.getByRole('button', { name: `Actions for ${gateway}` }).click()
    await page.getByRole('menuitem', { name: action }).click()
  },
  dialog: (name: string) => page.getByRole('dialog', { name }),
})

test('a gateway is enrolled, given a new key, renamed and revoked', async () => {
  const { page, troubles } = await xenkeep.at('/gateways')
  const { choose, dialog } = gatewaysPage(page)
  await page.getByRole('rowheader', { name: 'test gateway' }).waitFor()
  await page.getByText('Simulated pool').waitFor()

  await page.getByRole('button', { name: 'Enrol a gateway' }).click()
  const code = dialog('Enrol a gateway')
  await code
    .getByText(/^[A-Z2-7-]{8,}$|^\S+-\S+/)
    .first()
    .waitFor()
  await code.getByText(/It works until \d{4}-\d\d-\d\d \d\d:\d\d (CET|CEST)/).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.keyboard.press('Escape')

  await page.getByText('Well', { exact: true }).waitFor()
  const before = (await machine.person.call('listGateways')).items[0]?.keySince ?? 0
  await choose('test gateway', 'Have it make a new key')
  await page.getByText('test gateway makes a new key when it calls next').waitFor()
  const keySince = async () => (await machine.person.call('listGateways')).items[0]?.keySince
  await expect.poll(keySince, { timeout: 15_000 }).toBeGreaterThan(before)

  await page.getByRole('link', { name: 'test gateway' }).click()
  await page.getByRole('heading', { level: 1, name: 'test gateway' }).waitFor()
  const table = (name: string) => page.getByRole('table', { name })
  await table('Pools').getByText('This gateway').waitFor()
  await table('Bandwidth plan').getByText('Every day').waitFor()
  await table('What happened to it').getByText('Serves the pool "Simulated pool".').waitFor()
  await page.getByText('as that of the control plane').waitFor()
  await page.getByText('No job', { exact: true }).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await picture(page, 'gateway')
  await page.goBack()

  const name = `site "A" <b>1</b> 🚀 ${'long'.repeat(40)}`
  await choose('test gateway', 'Rename')
  await dialog('Rename test gateway').getByLabel('New name').fill(name)
  await page.keyboard.press('Enter')
  await page.getByRole('rowheader', { name }).waitFor()

  await choose(name, 'Revoke')
  const revoke = dialog(`Revoke ${name}`)
  const button = revoke.getByRole('button', { name: 'Revoke' })
  await revoke.getByLabel('To confirm').fill('another')
  expect(await button.isDisabled()).toBe(true)
  await revoke.getByLabel('To confirm').fill(name)
  expect(await axeFindings(page)).toEqual([])
  await button.click()
  await page.getByText('It held no job.').waitFor()
  await page.getByText('No gateway is enrolled').waitFor()
  expect(await axeFindings(page)).toEqual([])
  expect((await machine.person.call('listGateways')).items).toEqual([])
  expect(troubles).toEqual([])
})
