import { useCall } from '../../api/use-call.ts'
import { PageWithoutData } from '../../components/page-without-data.tsx'
import { navigation } from '../../text/navigation.ts'
import { replication, defineReplica as words } from '../../text/replication.ts'
import { nameOf } from './columns.tsx'
import { definitionOf } from './definition.ts'
import { DefinitionForm } from './definition-form.tsx'

/** What was said of a standby, to be said otherwise. */
export const Page = ({ replicaId }: { replicaId: string }) => {
  const { data, error, refetch } = useCall(
    'getReplica',
    { params: { replicaId } },
    { every: false },
  )
  if (data) {
    const vmName = nameOf(data.replica)
    return (
      <DefinitionForm
        title={words.editTitle(vmName)}
        begin={definitionOf(data)}
        known={{ replicaId, vmName }}
      />
    )
  }
  const { loading, failed } = replication.page
  return (
    <PageWithoutData
      {...{ title: navigation.changeStandby, loading, failed, error }}
      onRetry={() => void refetch()}
    />
  )
}
