import Button from '@cloudscape-design/components/button'
import { useState } from 'react'
import { ListGuestsQuery } from '#core/contracts/list-guests.ts'
import { useMay } from '../../api/may.ts'
import { usePages } from '../../api/use-pages.ts'
import { acceptedBy, FilterSearch, useAddressFilter } from '../../components/filters.tsx'
import { Listing } from '../../components/listing.tsx'
import { guests as words } from '../../text/guests.ts'
import { COLUMNS } from './columns.tsx'
import { EnrolModal } from './enrol-modal.tsx'

const FILTERS = ['search'] as const

/** The machines with an agent inside. */
export const Page = () => {
  const may = useMay()
  const [enrols, setEnrols] = useState(false)
  const { wanted, want, clear } = useAddressFilter(FILTERS)
  const query = acceptedBy(ListGuestsQuery.shape, FILTERS, wanted)
  const enrol = (
    <Button {...may('createEnrolmentCode')} onClick={() => setEnrols(true)}>
      {words.enrol}
    </Button>
  )
  return (
    <>
      <Listing
        title={words.title}
        description={words.description}
        actions={enrol}
        columns={COLUMNS}
        idOf={({ gatewayId }) => gatewayId}
        pages={usePages('listGuests', query)}
        filter={{
          active: wanted.search !== undefined,
          clear,
          controls: (
            <FilterSearch
              label={words.search}
              text={wanted.search}
              onSearch={search => want({ search })}
            />
          ),
        }}
        empty={{ title: words.empty, advice: words.emptyAdvice, action: enrol }}
      />
      {enrols && <EnrolModal onClose={() => setEnrols(false)} />}
    </>
  )
}
