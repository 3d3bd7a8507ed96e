import Button from '@cloudscape-design/components/button'
import { useLocation } from 'wouter'
import { useMay } from '../../api/may.ts'
import { usePages } from '../../api/use-pages.ts'
import { Listing } from '../../components/listing.tsx'
import { policies as words } from '../../text/policies.ts'
import { COLUMNS } from './columns.tsx'

export const Page = () => {
  const [, go] = useLocation()
  const may = useMay()
  const create = (
    <Button variant="primary" {...may('createPolicy')} onClick={() => go('/policies/new')}>
      {words.create}
    </Button>
  )
  return (
    <Listing
      title={words.title}
      description={words.description}
      actions={create}
      columns={COLUMNS}
      idOf={({ policy }) => policy.policyId}
      pages={usePages('listPolicies')}
      empty={{ title: words.empty, advice: words.emptyAdvice, action: create }}
    />
  )
}
