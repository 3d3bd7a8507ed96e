import Button from '@cloudscape-design/components/button'
import { useState } from 'react'
import type { GatewayView } from '#core/contracts/runs-api.ts'
import { useMay } from '../../api/may.ts'
import { usePages } from '../../api/use-pages.ts'
import { Listing } from '../../components/listing.tsx'
import { gateways as words } from '../../text/gateways.ts'
import { columnsWith } from './columns.tsx'
import { EnrolModal } from './enrol-modal.tsx'
import { RenameModal } from './rename-modal.tsx'
import { RevokeModal } from './revoke-modal.tsx'

type Open = { what: 'enrol' } | { what: 'rename' | 'revoke'; gateway: GatewayView }

export const Page = () => {
  const may = useMay()
  const [open, setOpen] = useState<Open>()
  const close = () => setOpen(undefined)
  const enrol = (
    <Button {...may('createEnrolmentCode')} onClick={() => setOpen({ what: 'enrol' })}>
      {words.enrol}
    </Button>
  )
  return (
    <>
      <Listing
        title={words.title}
        description={words.description}
        actions={enrol}
        columns={columnsWith((what, gateway) => setOpen({ what, gateway }))}
        idOf={gateway => gateway.gatewayId}
        pages={usePages('listGateways')}
        empty={{ title: words.empty, advice: words.emptyAdvice, action: enrol }}
      />
      {open?.what === 'enrol' && <EnrolModal onClose={close} />}
      {open?.what === 'rename' && <RenameModal gateway={open.gateway} onClose={close} />}
      {open?.what === 'revoke' && <RevokeModal gateway={open.gateway} onClose={close} />}
    </>
  )
}
