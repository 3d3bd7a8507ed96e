import { keys } from '#core/catalog/keys.ts'
import { SiteStepRefusedError } from '#core/errors/sites.ts'
import { readSiteRestore } from '#core/sites/site-restores-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Nothing of the restore is begun any more, and its site point may expire again. */
export const endSiteRestore =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({
    params: { restoreId },
    body: { because },
    caller,
    settle,
  }: RouteCall<'endSiteRestore'>): Promise<RouteReply<'endSiteRestore'>> => {
    const { value, version } = await readSiteRestore(catalog, restoreId)
    if (value.ended)
      throw new SiteStepRefusedError(
        value.siteName,
        'its restore was ended already.',
        'Begin another restore from the site point.',
      )
    const ended = { at: clock.now(), by: caller.name.slice(0, 200), ...(because && { because }) }
    const reply = { restoreId }
    await catalog.write([
      {
        kind: 'put',
        key: keys.siteRestore(restoreId),
        value: { ...value, ended },
        expect: { version },
      },
      {
        kind: 'delete',
        key: keys.use(value.pointId, `siterestore#${restoreId}`),
        expect: 'any',
      },
      ...(settle ? [settle(reply)] : []),
    ])
    return reply
  }

export const handler = httpHandler('endSiteRestore', endSiteRestore)
