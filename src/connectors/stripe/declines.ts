/**
 * Why a card was declined, in words for a person.
 *
 * Of a card that was reported lost or stolen, or that looks like fraud, no more is said than that it was declined: who
 * reads this may be the thief. The code beside the words says it to those who may know.
 *
 * @source docs.stripe.com/declines/codes (codes); what to tell the holder from memory of the same page
 * @module
 */

const DECLINED = 'Card was declined';
const because = (reason: string): string => `${DECLINED}: ${reason}`;

const ASK_BANK = because('the bank gives no reason; the holder has to ask it');
const NO_MORE = because('the bank does not allow this kind of payment with it');

/** By `decline_code`, and by `code` where there is none. */
export const DECLINES: Readonly<Record<string, string>> = {
  card_declined: DECLINED,
  generic_decline: DECLINED,
  fraudulent: DECLINED,
  lost_card: DECLINED,
  stolen_card: DECLINED,
  merchant_blacklist: DECLINED,
  pickup_card: DECLINED,
  restricted_card: DECLINED,
  security_violation: DECLINED,
  call_issuer: ASK_BANK,
  do_not_honor: ASK_BANK,
  do_not_try_again: because('the bank wants no other try'),
  no_action_taken: ASK_BANK,
  not_permitted: NO_MORE,
  revocation_of_all_authorizations: because('its holder has stopped all payments to you'),
  revocation_of_authorization: because('its holder has stopped this payment'),
  stop_payment_order: because('its holder has stopped this payment'),
  service_not_allowed: NO_MORE,
  transaction_not_allowed: NO_MORE,
  approve_with_id: because('the bank could not approve it now; try once more'),
  reenter_transaction: because('the bank could not process it; try once more'),
  issuer_not_available: because('its bank cannot be reached; try later'),
  try_again_later: because('the bank could not process it; try later'),
  processing_error: because('something went wrong on the way; try later'),
  authentication_required: because('its holder has to confirm the payment first'),
  card_not_supported: because('it does not support this kind of purchase'),
  currency_not_supported: because('it does not support this currency'),
  card_velocity_exceeded: because('its limit is used up'),
  withdrawal_count_limit_exceeded: because('its limit is used up'),
  insufficient_funds: because('there is not enough money on it'),
  duplicate_transaction: because('the same amount was charged a moment ago'),
  expired_card: because('it has expired'),
  incorrect_number: because('its number is wrong'),
  invalid_number: because('its number is wrong'),
  incorrect_cvc: because('its security code is wrong'),
  invalid_cvc: because('its security code is wrong'),
  incorrect_pin: because('its PIN is wrong'),
  invalid_pin: because('its PIN is wrong'),
  pin_try_exceeded: because('a wrong PIN was given too often'),
  offline_pin_required: because('it wants a PIN'),
  online_or_offline_pin_required: because('it wants a PIN'),
  incorrect_zip: because('the postal code does not belong to it'),
  incorrect_address: because('the address does not belong to it'),
  invalid_expiry_month: because('its date of expiry is wrong'),
  invalid_expiry_year: because('its date of expiry is wrong'),
  invalid_account: because('its account is not valid'),
  new_account_information_available: because('its bank has new details for it'),
  invalid_amount: because('the bank does not take this amount'),
  live_mode_test_card: because('it is a card for tests'),
  testmode_decline: because('it is a card for tests'),
};
