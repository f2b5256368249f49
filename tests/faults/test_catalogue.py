"""The catalogue of faults: what may happen to an import, and which tests show what it does then.

S is what a server or a network does, D a disk, N names and paths, P the process. A test in brackets
has the rows in its ids.
"""

from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

_SIMULATED = "transfer/test_simulated_faults.py::test_what_passes_is_outlasted"
_LASTING = (
    "transfer/test_simulated_faults.py::test_what_lasts_fails_that_file_and_publishes_nothing"
)
_MATRIX = "transfer/test_partial_matrix.py::test_resuming"
_REPLY = "transfer/test_partial_matrix.py::test_a_reply_that_is_not_the_range_costs_that_request"
_DISK = "faults/test_disk_faults.py::test_what_a_disk_refuses_for_a_while_is_outlasted"
_REFUSED = "faults/test_small_disks.py::test_a_disk_that_takes_nothing_is_waited_for_and_said"
_PLANTED = "transfer/test_existing.py::test_what_was_planted_is_neither_followed_nor_written"
_PROXY = "transfer/test_network.py::test_a_proxy_that_refuses_is_waited_for_and_said"
_KILLED = "faults/test_kill_points.py::test_a_job_that_is_killed_anywhere_ends_in_the_same_tree"
_RESUMING = (
    "faults/test_kill_points.py::test_a_job_that_is_killed_while_it_resumes_ends_in_the_same_tree"
)

CATALOGUE = {
    "P1 kill -9 at any call": (
        _KILLED,
        "faults/test_kill.py::test_what_a_killed_worker_had_is_not_fetched_again",
    ),
    "P2 kill -9 while resuming": (_RESUMING,),
    "P3 power cut": (
        "faults/test_power_cut.py::test_a_power_cut_leaves_nothing_wrong_and_is_resumed",
    ),
    "P12 two login nodes, one home": (
        "faults/test_two_hosts.py::test_a_job_obeys_the_other_host_and_is_not_started_twice",
        "faults/test_two_hosts.py::test_a_host_that_comes_back_leaves_its_job_to_whoever_took_it_over",
    ),
    "S1 body cut": (_SIMULATED, "transfer/test_faults.py::test_a_cut_costs_no_byte_twice"),
    "S2 wrong bytes, right length": (
        _SIMULATED,
        _LASTING,
        "transfer/test_faults.py::test_wrong_bytes_are_fetched_again_three_times_and_never_published",
    ),
    "S3 kept bytes that are wrong": (
        _MATRIX,
        "transfer/test_partial.py::test_damage_to_a_partial_is_found_and_only_that_is_fetched_again",
    ),
    "S4 200 for a range": (
        _SIMULATED,
        _MATRIX,
        "transfer/test_faults.py::test_a_server_without_ranges_gives_the_file_as_a_whole",
    ),
    "S5 another range, or none told": (_SIMULATED, _REPLY),
    "S6 object changed": (
        _SIMULATED,
        _LASTING,
        _MATRIX,
        "transfer/test_partial_matrix.py::test_a_reply_of_another_version_starts_again",
        "transfer/test_partial_matrix.py::test_a_source_that_keeps_changing_is_given_up",
        "transfer/test_faults.py::test_an_object_replaced_in_the_middle_is_never_mixed",
    ),
    "S7 no ETag, a weak one, or no digest": (
        _SIMULATED,
        "transfer/test_faults.py::test_without_a_digest_gzip_is_opened_and_of_others_only_the_size_is_said",
        "transfer/test_faults.py::test_an_etag_of_encrypted_objects_is_no_digest",
    ),
    "S8 address expired": (
        "transfer/test_faults.py::test_an_expired_address_is_asked_for_anew_in_the_middle",
        "transfer/test_laboratory.py::test_expired_addresses_and_a_held_body",
    ),
    "S9 not allowed": ("transfer/test_faults.py::test_a_refusal_that_lasts_fails_that_file_only",),
    "S10 token revoked": ("jobs/test_worker.py::test_a_revoked_token_waits_for_a_login",),
    "S11 gone or archived": (
        "transfer/test_faults.py::test_what_is_gone_or_archived_fails_that_file_only",
        "jobs/test_plan_refusals.py::test_files_in_the_archive_are_left_out",
    ),
    "S12 busy, Retry-After": (
        _SIMULATED,
        "transfer/test_pieces.py::test_retry_after_is_seconds_a_date_or_nothing",
        "transfer/test_pieces.py::test_a_long_retry_after_is_believed_for_an_hour_at_most",
    ),
    "S13 stall": (_SIMULATED,),
    "S14 refused, reset, unknown": (
        _SIMULATED,
        "transfer/test_network.py::test_a_name_that_nobody_knows_is_waited_for",
        "transfer/test_faults.py::test_a_network_that_is_away_is_waited_for_and_said",
    ),
    "S15 TLS": (
        "transfer/test_network.py::test_a_certificate_that_does_not_hold_is_never_believed",
        "transfer/test_tls.py::test_a_server_that_is_not_trusted_fails_the_file_and_names_the_certificates",
    ),
    "S16 proxy": (
        _PROXY,
        "transfer/test_network.py::test_a_proxy_that_cuts_costs_no_byte_twice",
        "basespace/test_client.py::test_a_proxy_that_cannot_be_used_is_said_without_its_password",
    ),
    "S17 captive portal": (
        _SIMULATED,
        "transfer/test_faults.py::test_a_web_page_in_place_of_a_small_file_is_never_written",
        "basespace/test_failures.py::test_a_web_page_instead_of_an_answer_is_named",
    ),
    "S18 redirect": (
        _SIMULATED,
        "transfer/test_faults.py::test_an_unsafe_address_is_not_followed",
        "basespace/test_client.py::test_a_redirect_is_not_followed_and_takes_no_token_along",
    ),
    "S19 content encoding": (_SIMULATED,),
    "S20 answers that are none": (
        "basespace/test_fuzz.py::test_a_broken_answer_is_an_answer_or_an_error_of_ours",
        "basespace/test_wire.py::test_what_cannot_be_told_apart_or_has_no_end_is_no_answer",
        "basespace/test_waiting.py::test_an_answer_without_an_end_is_no_answer",
    ),
    "S21 paging": (
        "basespace/test_listings.py::test_what_slipped_between_pages_is_looked_for_again",
        "basespace/test_listings.py::test_the_same_page_again_and_again_is_an_error",
        "basespace/test_listings.py::test_an_item_that_two_pages_hold_comes_once",
    ),
    "S22 clocks": (
        _SIMULATED,
        "faults/test_clocks.py::test_a_job_is_told_and_resumed_as_it_is_whatever_the_clocks_say",
    ),
    "S23 connection closed between requests": (_SIMULATED,),
    "S24 many, large, empty": (
        "faults/test_half_a_terabyte.py::test_a_worker_killed_after_2_gib_goes_on",
        "cli/test_cases.py::test_odd_names_and_etags_and_empty_files_arrive_whole",
    ),
    "D1 no space": (
        _DISK,
        "transfer/test_full_disk.py::test_a_full_disk_is_waited_for_and_nothing_is_lost",
        "faults/test_disk_faults.py::test_no_room_for_the_job_s_own_files_does_not_stop_the_data",
        "faults/test_disk_faults.py::test_a_job_that_waits_too_long_for_room_gives_up_and_can_be_resumed",
        "faults/test_disk_faults.py::test_a_job_whose_disk_stays_full_gives_up_and_goes_on_where_there_is_room",
    ),
    "D2 quota": (
        _DISK,
        _REFUSED,
        "transfer/test_pieces.py::test_a_link_is_an_unsafe_path_and_a_quota_is_named",
    ),
    "D3 inodes": (
        _REFUSED,
        "transfer/test_full_disk.py::test_no_room_for_another_file_is_waited_for_and_named",
    ),
    "D4 too large": (
        "faults/test_disk_faults.py::test_a_file_that_is_too_large_here_fails_and_the_others_come",
    ),
    "D5 read-only": (_DISK, _REFUSED),
    "D6 stale": (_DISK,),
    "D7 failed fsync": (
        _DISK,
        "faults/test_disk_faults.py::test_after_a_failed_fsync_nothing_that_was_written_is_believed",
    ),
    "D8 failed close": (
        _DISK,
        "faults/test_disk_faults.py::test_after_a_failed_fsync_nothing_that_was_written_is_believed",
    ),
    "D9 no permission, umask": (
        "jobs/test_destination.py::test_a_folder_without_write_permission",
        "cli/test_bad_input.py::test_a_state_folder_that_cannot_be_written",
        "transfer/test_permissions.py::test_the_umask_and_a_setgid_folder_decide",
    ),
    "D10 slow disk": (_DISK,),
    "D11 destination moved": (
        "transfer/test_existing.py::test_a_destination_that_was_moved_away_is_waited_for",
    ),
    "D12 files touched in between": (
        _MATRIX,
        "faults/test_touched.py::test_a_finished_file_that_was_edited_is_proven_again",
    ),
    "D13 poor file systems": (
        _DISK,
        "transfer/test_pieces.py::test_no_rename_takes_a_name_from_another",
    ),
    "D14 free space is told wrong": (
        _DISK,
        "jobs/test_destination.py::test_room_is_the_file_systems",
        "jobs/test_destination.py::test_no_room",
    ),
    "D15 another device": (
        "faults/test_disk_faults.py::test_a_name_on_another_device_fails_that_file",
    ),
    "N1 unsafe paths": (
        "transfer/test_existing.py::test_an_unsafe_path_fails_before_any_byte",
        "jobs/test_plan_refusals.py::test_names_from_the_server_stay_beneath_the_destination",
    ),
    "N2 control characters": (
        "test_text.py::test_a_safe_name_is_a_component_that_tells_its_original",
        "test_text.py::test_safe_text_is_one_printable_line",
    ),
    "N3 long names": (
        "test_text.py::test_a_long_name_is_cut_and_stays_its_own",
        "transfer/test_existing.py::test_the_longest_name_has_a_partial_too",
    ),
    "N4 twins": (
        "test_text.py::test_names_that_a_file_system_takes_for_one",
        "samples/test_layout.py::test_biosamples_of_one_name_are_told_apart_by_id",
    ),
    "N5 links": (_PLANTED, "transfer/test_existing.py::test_a_linked_folder_is_not_entered"),
    "N6 hard link": (_PLANTED,),
    "N7 pipe": (_PLANTED,),
    "N8 two files of one path": (
        "transfer/test_existing.py::test_two_items_of_one_name_are_never_written_over_each_other",
        "samples/test_layout.py::test_no_two_files_meet_and_none_leaves",
    ),
    "N9 another file there": (
        "transfer/test_existing.py::test_another_file_keeps_its_name",
        "transfer/test_existing.py::test_equal_files_are_adopted_without_a_request",
    ),
    "N10 shells": (
        "test_text.py::test_safe_names",
        "jobs/test_plan.py::test_the_command_that_does_the_same",
    ),
}

IN_IDS = {_SIMULATED: "S", _DISK: "D"}
"""Tests whose ids begin with the row."""


@pytest.mark.parametrize("row", CATALOGUE)
def test_every_row_has_its_tests(row: str) -> None:
    for test in CATALOGUE[row]:
        path, _, name = test.partition("::")
        source = (TESTS / path).read_text()
        assert f"def {name}(" in source, test
        number = row.split()[0]
        if IN_IDS.get(test) == number[0] and number != "D14":
            assert f'"{number}-' in source, f"{test} has no case of {row}"


def test_no_row_is_missing() -> None:
    rows = {row.split()[0] for row in CATALOGUE}
    wanted = {"S": 24, "D": 15, "N": 10}
    assert {f"{kind}{i}" for kind, most in wanted.items() for i in range(1, most + 1)} <= rows
