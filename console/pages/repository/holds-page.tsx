import Button from '@cloudscape-design/components/button'
import { useState } from 'react'
import type { HoldView } from '#core/contracts/holds-api.ts'
import { useMay } from '../../api/may.ts'
import { usePages } from '../../api/use-pages.ts'
import { ReleaseHold } from '../../components/holds/release-hold.tsx'
import { Listing } from '../../components/listing.tsx'
import { repository } from '../../text/repository.ts'
import { heldName, heldOf } from './held-text.ts'
import { columnsWith } from './hold-columns.tsx'
import { PlaceHoldModal } from './place-hold-modal.tsx'

const words = repository.holds

export const Page = () => {
  const may = useMay()
  const [open, setOpen] = useState<'place' | HoldView>()
  const close = () => setOpen(undefined)
  const place = (
    <Button {...may('placeHold')} onClick={() => setOpen('place')}>
      {words.place}
    </Button>
  )
  return (
    <>
      <Listing
        title={words.title}
        description={words.description}
        actions={place}
        columns={columnsWith(may, setOpen)}
        idOf={heldName}
        pages={usePages('listHolds')}
        empty={{ title: words.empty, advice: words.emptyAdvice, action: place }}
      />
      {open === 'place' && <PlaceHoldModal onClose={close} />}
      {open !== undefined && open !== 'place' && (
        <ReleaseHold
          on={heldOf(open)}
          name={open.vmName ?? open.vmUuid ?? open.pointId ?? ''}
          onClose={close}
        />
      )}
    </>
  )
}
