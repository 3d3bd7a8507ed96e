import { StreamBrokenError } from '#core/errors/xenserver.ts'
import type { StreamCheck } from './check.ts'
import { tarCheck } from './tar-check.ts'
import { xmlCheck } from './xml-check.ts'

/** The XVA of `/export_metadata`: an archive with `ova.xml` as its only entry, which is well-formed XML to its end. */
export const vmRecordsCheck = (what: string): StreamCheck & { vms(): number } => {
  let vms = 0
  let member = ''
  let text = ''
  const ova = () =>
    xmlCheck(what, {
      opened: () => {
        text = ''
      },
      text: more => {
        text += more
      },
      // <member><name>class</name><value>VM</value></member>
      closed: name => {
        if (name === 'name') member = text
        if (name === 'value' && member === 'class' && text === 'VM') vms++
        if (name === 'value' || name === 'member') member = ''
        text = ''
      },
    })
  const tar = tarCheck(what, (name, index) => {
    if (index > 0 || name !== 'ova.xml')
      throw new StreamBrokenError(
        'STREAM_INVALID',
        what,
        `it holds "${name.slice(0, 100)}" where nothing but ova.xml belongs`,
      )
    return ova()
  })
  return { ...tar, vms: () => vms }
}
