import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AuditRecord } from '#core/contracts/audit-api.ts'
import { axeFindings, openConsole, type TestConsole } from '#test/support/browser/console.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'

let machine: Machine
let xenkeep: TestConsole

beforeAll(async () => {
  machine = await startMachine({ web: [randomBytes(MiB)] })
  xenkeep = await openConsole(machine)
}, 60_000)
afterAll(async () => {
  await xenkeep?.close()
  await machine?.stop()
})

const choose = async (page: Page, field: string | RegExp, option: string): Promise<void> => {
  await page.getByRole('button', { name: field }).click()
  await page.getByRole('option', { name: option }).first().click()
}

describe('the audit', () => {
  /*
   * Motivation: an auditor asks who revoked what, and takes the records along.
   * Steps: a token is revoked; the records are narrowed down to that by action, then to somebody who did nothing; all are exported.
   * Passes when the record names who, what and the outcome, and each line of the file is a record.
   */
  test('shows a revocation, and hands out its records', async () => {
    const { tokenId } = await machine.person.call('createToken', {
      body: { name: 'old ticket system', role: 'viewer' },
    })
    await machine.person.call('revokeToken', { params: { tokenId } })

    const { page, troubles } = await xenkeep.at('/audit')
    await choose(page, /^Action /, 'revokeToken')
    const row = page.getByRole('row').filter({ hasText: tokenId }).first()
    await row.getByText('Revokes a token at once').waitFor()
    await row.getByText('Done', { exact: true }).waitFor()
    expect(await page.getByText('createToken').count()).toBe(0)
    expect(await axeFindings(page)).toEqual([])

    const saved = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export as JSON lines' }).click()
    const lines = (await readFile(await (await saved).path(), 'utf8')).trimEnd().split('\n')
    const records = lines.map(line => JSON.parse(line) as AuditRecord)
    expect(records.every(({ action }) => action === 'revokeToken')).toBe(true)
    expect(records.some(({ target }) => target?.includes(tokenId))).toBe(true)

    await page.getByLabel('Who', { exact: true }).fill('nobody')
    await page.getByText('Nothing matches').waitFor()
    await page.getByRole('button', { name: 'Clear the filters' }).click()
    await page.getByText('createToken').first().waitFor()
    expect(troubles).toEqual([])
  })

  test('is for administrators: others are told so', async () => {
    const { page } = await xenkeep.visit()
    await page.route('**/v1/caller', route =>
      route.fulfill({ json: { name: 'ann', role: 'operator' } }),
    )
    await page.goto('/audit')
    await page.getByLabel('Password').fill(xenkeep.password)
    await page.keyboard.press('Enter')
    await page.getByText('it takes the role administrator').waitFor()
    expect(await axeFindings(page)).toEqual([])
  })
})
