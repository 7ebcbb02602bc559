"""The gate: sign-in, passwords, passkeys, sessions. They are the same for everybody, and name nothing of anybody else.

Lines as in test_every_address.py, for three people.
"""

#                                                     signed out
#                                                     | owner
#                                                     | | removed collaborator
OWN_ROWS = """
account_login                                 GET     o o o
account_login                                 POST    o o o
account_logout                                GET     o o o
account_logout                                POST    o o o
account_inactive                              GET     o o o
account_signup                                GET     o o o
account_signup                                POST    o o o
account_reauthenticate                        GET     s o o
account_reauthenticate                        POST    s o o
account_email                                 GET     s o o
account_email                                 POST    s o o
account_email_verification_sent               GET     o o o
account_change_password                       GET     s o o
account_change_password                       POST    s o o
account_set_password                          GET     s o o
account_set_password                          POST    s o o
account_reset_password                        GET     o o o
account_reset_password                        POST    o o o
account_confirm_login_code                    GET     s o o
account_confirm_login_code                    POST    s o o
account_confirm_email                         GET     o o o
account_confirm_email                         POST    . . .
account_reset_password_from_key_done          GET     o o o
account_reset_password_from_key               GET     o o o
account_reset_password_from_key               POST    o o o
account_reset_password_done                   GET     o o o
mfa_index                                     GET     s o o
mfa_authenticate                              GET     s o o
mfa_authenticate                              POST    s o o
mfa_reauthenticate                            GET     s o o
mfa_reauthenticate                            POST    s o o
mfa_activate_totp                             GET     s o o
mfa_activate_totp                             POST    s o o
mfa_deactivate_totp                           GET     s . .
mfa_deactivate_totp                           POST    s . .
mfa_view_recovery_codes                       GET     s . .
mfa_generate_recovery_codes                   GET     s o o
mfa_generate_recovery_codes                   POST    s o o
mfa_download_recovery_codes                   GET     s . .
mfa_download_recovery_codes                   POST    s . .
mfa_list_webauthn                             GET     s o o
mfa_add_webauthn                              GET     s o o
mfa_add_webauthn                              POST    s o o
mfa_reauthenticate_webauthn                   GET     s o o
mfa_reauthenticate_webauthn                   POST    s o o
mfa_remove_webauthn                           GET     s o o
mfa_remove_webauthn                           POST    s o o
mfa_edit_webauthn                             GET     s o o
mfa_edit_webauthn                             POST    s o o
mfa_login_webauthn                            GET     s o o
mfa_login_webauthn                            POST    s o o
usersessions_list                             GET     s o o
usersessions_list                             POST    s o o
"""
OWN_PEOPLE = ("signed_out", "owner", "revoked")
