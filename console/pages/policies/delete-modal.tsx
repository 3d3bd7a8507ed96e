import type { PolicyView } from '#core/contracts/policies-api.ts'
import { useDeed } from '../../api/use-call.ts'
import { ConfirmByName } from '../../components/confirm-by-name.tsx'
import { useNotices } from '../../components/notices.tsx'
import { policies } from '../../text/policies.ts'

const words = policies.deleting

export const DeleteModal = ({
  view: { policy, version },
  onClose,
  onDone,
}: {
  view: PolicyView
  onClose: () => void
  onDone: () => void
}) => {
  const { tell } = useNotices()
  const remove = useDeed('deletePolicy', {
    onDone: ({ line }) => {
      tell({ type: 'success', content: words.done(policy.name, line) })
      onDone()
    },
  })
  return (
    <ConfirmByName
      title={words.title(policy.name)}
      name={policy.name}
      action={words.action}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate({ params: { policyId: policy.policyId }, query: { version } })}
      onCancel={onClose}
    >
      {words.what}
    </ConfirmByName>
  )
}
