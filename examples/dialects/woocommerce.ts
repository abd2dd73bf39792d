// WooCommerce's webhooks, as an example: WooCommerce did not make this file. README.md names the sources and the gaps.

import {
  auth,
  computed,
  defineDialect,
  delivery,
  endpoint,
  errors,
  event,
  health,
  isoSeconds,
  json,
  pages,
  secrets,
  sign,
  tenant,
  text,
  Type,
  webhooks,
} from 'posthorn/dialect'
import { examples } from './woocommerce.examples.ts'

const path = '/wp-json/wc/v3/webhooks'

// `order.updated` is the event `updated` of the resource `order`.
const partOf = (topic = '', part: 0 | 1) => topic.split('.')[part] ?? ''
// The site's time zone is UTC.
const time = (ms: number) => isoSeconds(ms).replace('Z', '')

const events = {
  'coupon.created': {
    description: 'A coupon was created',
    hooks: ['woocommerce_process_shop_coupon_meta', 'woocommerce_new_coupon'],
  },
  'coupon.updated': {
    description: 'A coupon was updated',
    hooks: ['woocommerce_process_shop_coupon_meta', 'woocommerce_update_coupon'],
  },
  'coupon.deleted': { description: 'A coupon was deleted', hooks: ['wp_trash_post'] },
  'coupon.restored': { description: 'A coupon was restored', hooks: ['untrashed_post'] },
  'customer.created': {
    description: 'A customer was created',
    hooks: ['user_register', 'woocommerce_created_customer', 'woocommerce_new_customer'],
  },
  'customer.updated': {
    description: 'A customer was updated',
    hooks: ['profile_update', 'woocommerce_update_customer'],
  },
  'customer.deleted': { description: 'A customer was deleted', hooks: ['delete_user'] },
  'order.created': { description: 'An order was created', hooks: ['woocommerce_new_order'] },
  'order.updated': {
    description: 'An order was updated',
    hooks: ['woocommerce_update_order', 'woocommerce_order_refunded', 'woocommerce_delete_order_refund'],
  },
  'order.deleted': { description: 'An order was deleted', hooks: ['wp_trash_post', 'woocommerce_trash_order'] },
  'order.restored': { description: 'An order was restored', hooks: ['untrashed_post', 'woocommerce_untrash_order'] },
  'product.created': {
    description: 'A product was created',
    hooks: ['woocommerce_process_product_meta', 'woocommerce_new_product', 'woocommerce_new_product_variation'],
  },
  'product.updated': {
    description: 'A product was updated',
    hooks: ['woocommerce_process_product_meta', 'woocommerce_update_product', 'woocommerce_update_product_variation'],
  },
  'product.deleted': { description: 'A product was deleted', hooks: ['wp_trash_post'] },
  'product.restored': { description: 'A product was restored', hooks: ['untrashed_post'] },
  'product.published': { description: 'A product was published', hooks: ['woocommerce_product_published'] },
}

const noRoute = {
  status: 404,
  code: 'rest_no_route',
  message: 'No route was found matching the URL and request method.',
}
const noTrash = {
  status: 501,
  code: 'woocommerce_rest_trash_not_supported',
  message: 'Webhooks do not support trashing.',
}

export default defineDialect({
  name: 'woocommerce',
  title: 'WooCommerce (example)',
  api: { title: 'WooCommerce REST API: webhooks', version: '3', prefixes: [path] },
  // A tenant is a shop, and its id is the address of the shop.
  ids: { tenant: '{base36:12}.example.com', endpoint: '{number:1}', event: 'evt_{time:20}' },
  keys: { form: 'ck_{hex:40}:cs_{hex:40}' },
  authentication: auth.basic({ key: 'both' }),
  events,
  testEvent: ({ eventTypes: [type = 'order.created'] }) => ({ type, data: { id: 1 } }),
  endpoint: {
    id: { is: 'id', as: 'number' },
    name: { is: 'detail', on: 'create change', default: 'Webhook' },
    status: { is: 'enabled', words: ['active', 'disabled', 'paused'], on: 'create change' },
    topic: { is: 'eventType', on: 'create! change', known: true },
    resource: { is: 'computed', show: ({ eventTypes: [topic] }) => partOf(topic, 0) },
    event: { is: 'computed', show: ({ eventTypes: [topic] }) => partOf(topic, 1) },
    hooks: { is: 'computed', show: ({ eventTypes: [topic] }) => events[topic as keyof typeof events].hooks },
    delivery_url: { is: 'url', on: 'create! change' },
    secret: { is: 'secret', on: 'create change', shown: 'never' },
    date_created: { is: 'computed', show: ({ createdAt }) => time(createdAt) },
    date_created_gmt: { is: 'computed', show: ({ createdAt }) => time(createdAt) },
    date_modified: { is: 'computed', show: ({ updatedAt }) => time(updatedAt) },
    date_modified_gmt: { is: 'computed', show: ({ updatedAt }) => time(updatedAt) },
    '_links.self': { is: 'link', path: `${path}/{id}`, as: (href) => [{ href }] },
    '_links.collection': { is: 'link', path, as: (href) => [{ href }] },
  },
  rules: { schemes: ['https:', 'http:'] },
  routes: {
    [`GET    ${path}`]: webhooks.list({
      where: {
        status: {
          schema: Type.Enum(['all', 'active', 'paused', 'disabled']),
          test: ({ enabled, details }, wanted: string) =>
            wanted === 'all' || wanted === (enabled ? 'active' : (details['status'] ?? 'disabled')),
        },
      },
      pages: pages.numbered({
        names: ['page', 'per_page'],
        sizeDefault: 10,
        sizeMax: 100,
        linkHeader: true,
        totalHeaders: ['X-WP-Total', 'X-WP-TotalPages'],
        answer: (all) => all,
      }),
    }),
    [`POST   ${path}`]: webhooks.create(),
    [`GET    ${path}/{id}`]: webhooks.get(),
    [`PUT    ${path}/{id}`]: webhooks.change(),
    // Webhooks have no trash: a request must say that it deletes for good.
    [`DELETE ${path}/{id}`]: webhooks.removeShown({ query: { force: Type.Literal(true) } }),
  },
  errors: errors.own<{ code: string }>({
    otherwise: { code: 'woocommerce_rest_error' },
    unauthenticated: { code: 'woocommerce_rest_cannot_view', message: 'Sorry, you cannot list resources.' },
    notFound: { code: 'woocommerce_rest_shop_webhook_invalid_id', message: 'Invalid ID.' },
    routeUnknown: noRoute,
    methodNotAllowed: noRoute,
    bodyMalformed: { code: 'rest_invalid_json', message: 'Invalid JSON body passed.' },
    invalid({ fields }) {
      if (fields.some(({ field }) => field === 'force')) return noTrash
      const missing = fields.filter(({ rule }) => rule === 'required')
      const names = (missing.length > 0 ? missing : fields).map(({ field }) => field).join(', ')
      return missing.length > 0
        ? { code: 'rest_missing_callback_param', message: `Missing parameter(s): ${names}` }
        : { code: 'rest_invalid_param', message: `Invalid parameter(s): ${names}` }
    },
    body: ({ code, message, status }) => ({ code, message, data: { status } }),
  }),
  deliveries: {
    body: json(event.data),
    headers: {
      'user-agent': 'WooCommerce/10.0.0 Hookshot (WordPress/6.8)',
      'x-wc-webhook-source': text('https://', tenant.id, '/'),
      'x-wc-webhook-topic': event.type,
      'x-wc-webhook-resource': computed(({ event: { type } }) => partOf(type, 0)),
      'x-wc-webhook-event': computed(({ event: { type } }) => partOf(type, 1)),
      'x-wc-webhook-signature': sign.newest(sign.hmac({ encoding: 'base64' })),
      'x-wc-webhook-id': endpoint.id,
      'x-wc-webhook-delivery-id': delivery.id,
    },
    secrets: secrets.text({ form: '{base62:50}' }),
    timeout: '60s',
    // A failed delivery is not tried again. Five in a row disable the webhook.
    waits: '',
    health: health.failuresInARow(5),
  },
  examples,
})
