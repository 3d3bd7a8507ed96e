import * as policies from '../policies-api.ts'
import { Nothing, type Routes } from './route.ts'

export const policyRoutes = {
  listPolicies: {
    method: 'GET',
    path: '/v1/policies',
    audience: 'person',
    role: 'viewer',
    query: policies.ListPoliciesQuery,
    body: Nothing,
    reply: policies.ListPoliciesReply,
  },
  getPolicy: {
    method: 'GET',
    path: '/v1/policies/{policyId}',
    audience: 'person',
    role: 'viewer',
    query: Nothing,
    body: Nothing,
    reply: policies.PolicyView,
  },
  createPolicy: {
    method: 'POST',
    path: '/v1/policies',
    audience: 'person',
    role: 'operator',
    query: Nothing,
    body: policies.CreatePolicyRequest,
    reply: policies.PolicyView,
  },
  putPolicy: {
    method: 'PUT',
    path: '/v1/policies/{policyId}',
    audience: 'person',
    role: 'operator',
    query: Nothing,
    body: policies.PutPolicyRequest,
    reply: policies.PolicyView,
  },
  deletePolicy: {
    method: 'DELETE',
    path: '/v1/policies/{policyId}',
    audience: 'person',
    role: 'administrator',
    query: policies.DeletePolicyQuery,
    body: Nothing,
    reply: policies.DeletePolicyReply,
  },
  previewPolicy: {
    method: 'POST',
    path: '/v1/policies/preview',
    audience: 'person',
    role: 'viewer',
    query: Nothing,
    body: policies.PreviewPolicyRequest,
    reply: policies.PreviewPolicyReply,
  },
} as const satisfies Routes
