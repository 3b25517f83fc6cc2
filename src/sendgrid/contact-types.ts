/**
 * Bodies about lists and contacts, in SendGrid's names.
 *
 * @source sendgrid-oai (CreateMarketingList, UpdateContact, GetImportContact)
 * @module
 */

export interface ListRequest {
  /** 1 to 100 characters. */
  name: string;
}

export interface List {
  id: string;
  name: string;
  contact_count: number;
  _metadata?: { self?: string };
}

/** One of `email`, `phone_number_id`, `external_id`, `anonymous_id` is needed. */
export interface Contact {
  email?: string;
  phone_number_id?: string;
  external_id?: string;
  anonymous_id?: string;
  first_name?: string;
  last_name?: string;
  /** At most 5. */
  alternate_emails?: string[];
  address_line_1?: string;
  address_line_2?: string;
  city?: string;
  state_province_region?: string;
  postal_code?: string;
  country?: string;
  /** By id of the field. */
  custom_fields?: Record<string, string | number>;
}

export interface ContactsRequest {
  list_ids?: string[];
  /** At most 30,000, and at most 6 MB. */
  contacts: Contact[];
}

export interface ContactsAccepted {
  job_id: string;
}

export interface ImportStatus {
  id: string;
  /** `errored`: some contacts were refused; `failed`: all. */
  status: 'pending' | 'completed' | 'errored' | 'failed';
  job_type?: 'upsert' | 'delete';
  results?: {
    requested_count?: number;
    created_count?: number;
    updated_count?: number;
    deleted_count?: number;
    errored_count?: number;
    /** A file that says what was refused. */
    errors_url?: string;
  };
  /** ISO 8601. */
  started_at?: string;
  finished_at?: string;
}
