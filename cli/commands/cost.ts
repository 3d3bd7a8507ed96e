import { nightly } from '#core/costs/estate.ts'
import { counts } from '#core/costs/latest-counts.ts'
import { idleCost, monthlyCost } from '#core/costs/monthly-cost.ts'
import { PRICED_REGIONS, type PricedRegion } from '#core/costs/prices.ts'
import { billTable } from '#core/costs/table.ts'
import { action, answer, newCommand, type Program, type Session } from '../command.ts'
import { listAll } from '../control-plane.ts'
import { UsageError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'
import { wholeNumber } from './arguments.ts'

interface Asked {
  vms?: number
  tb?: number
  change: number
  keep: number
  region: string
  secondRegion?: boolean
  freeTier?: boolean
  idle?: boolean
}

const TB = 1e12

/** `xenkeep cost`. JSON: the bill (core/costs/bill.ts). Asks AWS nothing and changes nothing. */
export const costCommand = (program: Program) =>
  newCommand('cost', 'estimate what AWS would charge a month: list prices, counted calls', [
    'xenkeep cost --vms 50 --tb 10',
    'xenkeep cost --vms 50 --tb 10 --second-region --region eu-central-1',
    'xenkeep cost --idle --free-tier',
    'xenkeep cost --json',
  ])
    .option(
      '--vms <n>',
      'VMs backed up each night (default: those that gateways report)',
      wholeNumber,
    )
    .option(
      '--tb <n>',
      'data on their disks, 10^12 bytes (default: the size of their disks)',
      decimal('TB'),
    )
    .option('--change <percent>', 'share of the data that a day changes', decimal('percent'), 3)
    .option('--keep <n>', 'points kept of each VM', wholeNumber, 30)
    .option('--region <name>', `prices of ${PRICED_REGIONS.join(' or ')}`, 'us-east-1')
    .option('--second-region', 'with a replica of the objects and a control plane that stands by')
    .option('--free-tier', 'leaves out what AWS gives each account for ever')
    .option('--idle', 'one gateway and nothing to do')
    .action(
      action(program, async (session, asked: Asked) => {
        const { region, freeTier = false } = asked
        if (!isPriced(region))
          throw new UsageError(
            `There are no prices of "${region}" here.`,
            `Take the nearest of those that there are: ${PRICED_REGIONS.join(', ')}.`,
          )
        const options = { region, freeTier }
        const bill = asked.idle
          ? idleCost({}, options)
          : monthlyCost(await estateOf(session, asked), options)
        answer(session, bill, () => [
          ...billTable(bill).split('\n'),
          `USD a month. List prices of ${region} as of ${bill.pricesAsOf}${bill.confirmed ? '' : ', some of them not confirmed for that region'}; calls as counted on ${counts.asOf}. Storage once all points are there. What this leaves out: docs/cost.md.`,
        ])
        return ExitCode.ok
      }),
    )

const estateOf = async (session: Session, asked: Asked) => {
  const { vms, bytes } = await sizeOf(session, asked)
  return nightly({
    vms,
    protectedBytes: bytes,
    dailyChange: asked.change / 100,
    keptPoints: asked.keep,
    ...(asked.secondRegion && {
      second: { objects: true, controlPlane: true, timeControl: false },
    }),
  })
}

/** What is not said is taken from the inventory. Disks count with their whole size there, so the estimate is rather too high. */
const sizeOf = async ({ client }: Session, { vms, tb }: Asked) => {
  if (vms !== undefined && tb !== undefined) return { vms, bytes: tb * TB }
  const known = await listAll(client, 'listVms', {}, 100_000)
  const bytes = known.reduce((sum, { size }) => sum + size, 0)
  return { vms: vms ?? known.length, bytes: tb === undefined ? bytes : tb * TB }
}

const isPriced = (name: string): name is PricedRegion =>
  (PRICED_REGIONS as readonly string[]).includes(name)

function decimal(what: string) {
  return (text: string): number => {
    const value = Number(text)
    if (text.trim() === '' || !Number.isFinite(value) || value < 0)
      throw new UsageError(`"${text}" is no number of ${what}.`, 'Give a number such as 3 or 0.5.')
    return value
  }
}
