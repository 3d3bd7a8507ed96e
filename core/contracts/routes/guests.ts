import * as guests from '../guests-api.ts'
import { ListGuestsQuery } from '../list-guests.ts'
import { GetRecipesReply } from '../recipes-api.ts'
import { Nothing, type Routes } from './route.ts'

export const guestsRoutes = {
  listGuests: {
    method: 'GET',
    path: '/v1/guests',
    summary: 'Lists the guests with an agent: which VM each is, and which recipes it allows.',
    audience: 'person',
    role: 'viewer',
    query: ListGuestsQuery,
    body: Nothing,
    reply: guests.ListGuestsReply,
  },
  getGuest: {
    method: 'GET',
    path: '/v1/guests/{guestUuid}',
    summary: 'Tells all of one guest: what its recipes found, what it may freeze, what is wrong.',
    errors: ['GUEST_NOT_FOUND'],
    audience: 'person',
    role: 'viewer',
    query: Nothing,
    body: Nothing,
    reply: guests.GuestDetail,
  },
  tellDrill: {
    method: 'POST',
    path: '/v1/guests/{guestUuid}/drills',
    summary:
      'Tells that the drill of a recipe was gone through on a guest, and held: its label says so.',
    errors: ['GUEST_NOT_FOUND', 'RECIPE_UNKNOWN'],
    audience: 'person',
    role: 'operator',
    query: Nothing,
    body: guests.TellDrillRequest,
    reply: guests.TellDrillReply,
  },
  getRecipes: {
    method: 'GET',
    path: '/v1/recipes',
    summary:
      'Tells the recipes that come with XenKeep: their labels, drills, parameters and the steps of a restore.',
    audience: 'person',
    role: 'viewer',
    query: Nothing,
    body: Nothing,
    reply: GetRecipesReply,
  },
  putGuestFacts: {
    method: 'PUT',
    path: '/v1/gateways/{gatewayId}/guest-facts',
    summary: 'Tells what the recipes of a guest found on it.',
    errors: ['GUEST_MISMATCH'],
    audience: 'gateway',
    guests: true,
    query: Nothing,
    body: guests.PutGuestFactsRequest,
    reply: guests.PutGuestFactsReply,
  },
  knownGuests: {
    method: 'POST',
    path: '/v1/gateways/{gatewayId}/guests',
    summary: 'Tells a gateway the keys of the agents in guests that may ask it to hold still.',
    audience: 'gateway',
    query: Nothing,
    body: Nothing,
    reply: guests.KnownGuestsReply,
  },
} as const satisfies Routes
