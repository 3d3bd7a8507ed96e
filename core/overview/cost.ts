import type { Answer } from '../contracts/overview-api.ts'
import { nightly } from '../costs/estate.ts'
import { idleCost, monthlyCost } from '../costs/monthly-cost.ts'
import { PRICED_REGIONS, type PricedRegion } from '../costs/prices.ts'
import type { EstateLook } from './estate.ts'
import { countOf } from './words.ts'

/** What AWS would charge a month; reckoned as `xenkeep cost` does, so that both say the same. */
export const costAnswer = (
  { taken, takenBytes }: Pick<EstateLook, 'taken' | 'takenBytes'>,
  { repositoryAddress, here }: { repositoryAddress: string; here: string },
): Answer => {
  if (!repositoryAddress.startsWith('s3:'))
    return {
      standing: 'good',
      text: 'The repository lies on storage of your own: AWS charges nothing for it.',
    }
  const region = PRICED_REGIONS.find(name => name === here) ?? ('us-east-1' satisfies PricedRegion)
  const { total } =
    taken.length === 0
      ? idleCost({}, { region })
      : monthlyCost(nightly({ vms: taken.length, protectedBytes: takenBytes }), { region })
  const of =
    taken.length === 0
      ? 'with one gateway and nothing to back up'
      : `for ${countOf(taken.length, 'virtual machine')} backed up each night with 30 points kept; their disks count whole, so it is rather too high`
  return {
    standing: 'good',
    text: `About ${Math.round(total).toLocaleString('en')} USD a month at list prices of ${region}, ${of}. "xenkeep cost" shows what for.`,
  }
}
