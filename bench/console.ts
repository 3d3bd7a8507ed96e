import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { openConsole } from '#test/support/browser/console.ts'
import { enrolFakeGateway, gatewayClient, poolOf } from '#test/support/fake-gateway.ts'
import { MiB, startMachine } from '#test/support/machine.ts'
import { manyVms } from '#test/support/many-vms.ts'
import { type Visit, visitPage } from './console/visit.ts'
import { machine as figuresOf, machineLine } from './set-up.ts'
import { median } from './statistics.ts'

/*
 * How long does somebody wait for the console, on a site of thousands of VMs, on a good machine and on one whose CPU is four times slower? Chromium loads each page with
 * an empty cache from a control plane on this machine, so the network takes no time; that of yours has to be added.
 */

const HELP = `npm run bench:console [-- OPTIONS]
  --vms N      virtual machines that are known (default 5000)
  --rounds N   visits of each page at each speed (default 5)
  --json       one JSON document`

const { values } = parseArgs({
  options: {
    vms: { type: 'string', default: '5000' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

/** With what each is there for, as CSS has it. */
const PAGES = [
  { name: 'Overview', path: '/', selector: '.answers' },
  { name: 'Virtual machines', path: '/vms', selector: 'tbody th a' },
  { name: 'Runs', path: '/runs', selector: 'tbody th a' },
] as const
const SLOWDOWNS = [1, 4] as const

/** A machine with one small VM that was backed up some times, and thousands that a gateway only tells of. */
const startSite = async (vms: number) => {
  const machine = await startMachine({ web: [randomBytes(MiB)] })
  for (let run = 0; run < 5; run++) await machine.backup('web')
  const xenkeep = await openConsole(machine)
  const { code } = await machine.person.call('createEnrolmentCode', { body: {} })
  const identity = await enrolFakeGateway(xenkeep.url, code, 'large site')
  await gatewayClient(xenkeep.url, identity).call('putInventory', {
    params: { gatewayId: identity.gatewayId },
    body: { pools: [{ ...poolOf(), name: 'large pool', vms: manyVms(vms, []) }] },
  })
  await machine.person.call('createPolicy', {
    body: {
      ...{ name: 'Nightly', selection: { include: [{ tags: ['prod'] }] } },
      ...{ schedule: { cron: '0 22 * * *', timeZone: 'Europe/Berlin' }, retention: { daily: 7 } },
    },
  })
  const { context } = await xenkeep.at('/settings')
  const state = await context.storageState()
  await context.close()
  return {
    xenkeep,
    state,
    async stop() {
      await xenkeep.close()
      await machine.stop()
    },
  }
}

const FIGURES: readonly (readonly [title: string, keyof Visit, unit: 'KiB' | 'ms' | ''])[] = [
  ['files, gzip', 'fileBytes', 'KiB'],
  ['files', 'files', ''],
  ['answers, gzip', 'answerBytes', 'KiB'],
  ['calls', 'answers', ''],
  ['painted', 'painted', 'ms'],
  ['there', 'there', 'ms'],
  ['usable', 'usable', 'ms'],
  ['longest task', 'longestTask', 'ms'],
]

const text = (value: number, unit: 'KiB' | 'ms' | ''): string =>
  unit === 'KiB' ? (value / 1024).toFixed(0) : value.toFixed(0)

/** The one in the middle, and the least and the most where they differ. */
const figure = (visits: readonly Visit[], of: keyof Visit, unit: 'KiB' | 'ms' | ''): string => {
  const all = visits.map(visit => visit[of])
  const [least, middle, most] = [Math.min(...all), median(all), Math.max(...all)].map(value =>
    text(value, unit),
  )
  const range = least === most ? '' : ` (${least}–${most})`
  return `${middle}${unit === '' ? '' : ` ${unit}`}${range}`
}

if (values.help) console.log(HELP)
else {
  const [vms, rounds] = [Number(values.vms), Number(values.rounds)]
  const setUp = machineLine()
  const site = await startSite(vms)
  const all: { page: string; slowdown: number; visits: Visit[] }[] = PAGES.flatMap(({ name }) =>
    SLOWDOWNS.map(slowdown => ({ page: name, slowdown, visits: [] })),
  )
  try {
    // In turns, so that what else the machine does falls upon each alike; the first round warms the control plane and is left out.
    for (let round = 0; round <= rounds; round++)
      for (const one of all) {
        const page = PAGES.find(({ name }) => name === one.page) ?? PAGES[0]
        const visit = await visitPage(site.xenkeep, site.state, {
          ...page,
          slowdown: one.slowdown,
        })
        if (round > 0) one.visits.push(visit)
      }
  } finally {
    await site.stop()
  }
  if (values.json) console.log(JSON.stringify({ setUp, vms, rounds, all }))
  else {
    console.log(`${setUp}; load ${figuresOf().load} at the end; ${vms} VMs, ${rounds} visits each`)
    for (const { page, slowdown, visits } of all) {
      console.log(`\n${page}, CPU ${slowdown === 1 ? 'as it is' : `${slowdown} times slower`}`)
      for (const [title, of, unit] of FIGURES)
        console.log(`  ${title.padEnd(14)}${figure(visits, of, unit)}`)
    }
  }
}
