import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { openConsole } from '#test/support/browser/console.ts'
import { type SiteAtWork, siteAtWork } from './screenshots/site-at-work.ts'

/*
 * Pictures of the console's pages as Chromium shows them, of a simulated site that has been at work for two weeks. The best of them stand in docs/images for README.
 */

const HELP = `npm run screenshots [-- OPTIONS]
  --to FOLDER   where the pictures go (default screenshots)
  --dark        as a system with a dark appearance has it`

const { values } = parseArgs({
  options: {
    to: { type: 'string', default: 'screenshots' },
    dark: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const LOADING = /^(Loading|Looking|Asking)/

const WINDOW = { width: 1280, height: 1_000 }
/** Those that README shows, and how much of each, so that no file is larger than 150 KB. */
const IN_README: Readonly<Record<string, number>> = {
  ...{ overview: 800, vm: 900, 'restore-plan': 880, 'restore-proven': 1_000 },
}

const take = async (): Promise<void> => {
  const readme = join(values.to, 'readme')
  await mkdir(readme, { recursive: true })
  const site = await siteAtWork(line => console.error(line))
  const xenkeep = await openConsole(site.machine)
  try {
    const { page } = await xenkeep.at('/settings', {
      ...{ timezoneId: 'UTC', viewport: WINDOW },
      colorScheme: values.dark ? 'dark' : 'light',
    })
    await inTimeOf(page, site)
    const picture = async (name: string) => {
      await page.getByRole('heading', { level: 1 }).first().waitFor()
      while ((await page.getByText(LOADING).count()) > 0) await page.waitForTimeout(100)
      await page.waitForTimeout(500) // what moves has come to rest
      const height = IN_README[name]
      const clip = { ...WINDOW, x: 0, y: 0, ...(height && { height }) }
      if (height) await page.screenshot({ path: join(readme, `${name}.png`), clip })
      await page.screenshot({ path: join(values.to, `${name}.png`), fullPage: true })
      console.log(join(values.to, `${name}.png`))
    }
    const at = async (path: string, name = path.slice(1).replaceAll('/', '-')) => {
      await page.goto(path)
      await picture(name)
    }
    const [troubled] = (
      await site.machine.person.call('listRuns', { query: { state: 'troubled', limit: 1 } })
    ).items
    await at(`/runs/${troubled?.runId}`, 'run-with-a-problem')
    await restore(page, site, picture)
    await at('/', 'overview')
    await at('/vms')
    await at(`/vms/${site.vmUuid}`, 'vm')
    await at('/policies')
    await at(`/policies/${site.policyId}`, 'policy')
    for (const path of ['/policies/new', '/runs', '/repository', '/repository/holds'])
      await at(path)
    for (const path of ['/gateways', '/notifications', '/audit', '/settings']) await at(path)
    // A page looks again by itself, also at the moment when it is closed.
    await page.unrouteAll({ behavior: 'ignoreErrors' })
  } finally {
    await xenkeep.close()
    await site.stop()
  }
}

/** Node writes the `Date` of an answer from a clock that cannot be moved. */
const inTimeOf = async (page: Page, { clock }: SiteAtWork): Promise<void> => {
  await page.route('**/v1/**', async route => {
    const response = await route.fetch()
    const date = new Date(clock.now()).toUTCString()
    await route.fulfill({ response, headers: { ...response.headers(), date } })
  })
}

/** By the wizard, from the newest point of a VM to the proof. */
const restore = async (
  page: Page,
  { vmUuid }: SiteAtWork,
  picture: (name: string) => Promise<void>,
): Promise<void> => {
  await page.goto(`/vms/${vmUuid}`)
  await page.getByRole('button', { name: 'Restore', exact: true }).click()
  await page.getByText('Chosen: db-01').waitFor()
  await picture('restore-point')
  for (const step of ['Target', 'Options', 'What will happen']) {
    await page.getByRole('button', { name: 'Next', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: step }).waitFor()
  }
  await page.getByText('It begins at once').waitFor()
  await picture('restore-plan')
  await page.getByRole('button', { name: 'Start the restore' }).click()
  await page.waitForURL(/\/runs\/\w+$/)
  await page.getByText('What was written is proven').waitFor()
  await page.reload()
  await page.getByText('What was written is proven').waitFor()
  await picture('restore-proven')
}

if (values.help) console.log(HELP)
else await take()
